//! Ensora Data Collection, played: its lists with the strictness and the faults one wants, and pages on which a note is
//! written, published and edited. Made-up people only; never the real Ensora.

mod population;
mod scribble;

pub use population::{Field, Note, Population, Signature, Site, Student, User};
pub use scribble::{scribble, scribble_url, script_url};
