//! See `fuzz/README.md`.

#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| opendialogue::wire::fuzz::frame_holds(input));
