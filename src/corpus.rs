//! The files of the fuzz targets' corpus, for the tests that run them as the targets do.

use std::path::Path;

use proptest::prelude::*;

/// The files for `target`, in the order of their names: ten at least, so that none is forgotten.
pub(crate) fn of(target: &str) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    let files = std::fs::read_dir(folder.join(target)).unwrap();
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 10, "{target}: {} files", paths.len());
    let read = |path| std::fs::read_to_string(path).unwrap();
    paths.into_iter().map(read).collect()
}

/// One of them with a part of it, a tenth at most, replaced by what `noise`, a regular expression, is of.
pub(crate) fn changed(target: &str, noise: &'static str) -> impl Strategy<Value = String> + use<> {
    let places = (0.0..1.0f64, 0.0..0.1f64);
    let text = prop::sample::select(of(target));
    (text, places, noise).prop_map(|(text, places, noise)| {
        let at = |place: f64| text.floor_char_boundary((place * text.len() as f64) as usize);
        let (start, end) = (at(places.0), at((places.0 + places.1).min(1.0)));
        format!("{}{noise}{}", &text[..start], &text[end..])
    })
}
