//! The default policies, built from `policies/` and carried in the program.

/// A policy that comes with the program.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// Its name, as in `builtin:NAME`.
    pub name: &'static str,
    /// The component.
    pub bytes: &'static [u8],
}

static BUILTINS: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/builtins.rs"));

/// Every policy that comes with the program, by name.
pub fn builtins() -> impl Iterator<Item = Builtin> {
    BUILTINS
        .iter()
        .map(|&(name, bytes)| Builtin { name, bytes })
}

/// The policy that comes with the program under `name`.
pub fn builtin(name: &str) -> Option<Builtin> {
    builtins().find(|builtin| builtin.name == name)
}
