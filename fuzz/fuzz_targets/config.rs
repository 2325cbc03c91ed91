//! See `fuzz/README.md`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| opendialogue::config::fuzz::config_holds(input));
