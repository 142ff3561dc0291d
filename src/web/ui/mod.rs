//! The look: layouts, small pieces and words that all pages share.

pub mod filters;
mod pager;
pub mod problems;
mod shell;
mod status;
pub mod when;

pub use pager::{Choice, PageLink, Pager};
pub use shell::{
    Banner, FieldError, Link, NavItem, Notice, NoticeAction, NoticeKind, Places, Shell, SignedInView, Tab,
};
pub use when::When;
