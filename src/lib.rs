//! Kinbridge keeps the residents, staff and relatives of a care organisation in step with the care
//! record systems that the organisation already uses.
pub mod kit;

pub mod config;
pub mod links;

pub mod connectors;
pub mod db;
pub mod mail;

pub mod domain;

pub mod services;

pub mod jobs;
pub mod sandbox;
pub mod web;

pub mod boot;

pub mod cli;
