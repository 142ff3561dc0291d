//! A vendor that lies, stalls or attacks: each fault ends soon, with a name, and harms nothing.
