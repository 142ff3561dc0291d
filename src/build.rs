//! Tells cargo which folders are compiled into the program besides the Rust sources: without these lines a new
//! migration, template or asset is not embedded until something else changes. It generates nothing.

fn main() {
    for path in ["migrations", "templates", "static", "src/build.rs"] {
        println!("cargo:rerun-if-changed={path}");
    }
}
