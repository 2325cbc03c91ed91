//! Everything that needs more than one module of the library, as one binary.

mod floors;
