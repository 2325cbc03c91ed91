//! The cases in `cases/`, run natively. The root package runs the same ones through the component.

#![cfg(test)]

#[test]
fn every_case_passes() {
    guest::cases::run::<secrets::Secrets>(env!("CARGO_MANIFEST_DIR"));
}
