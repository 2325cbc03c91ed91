//! Every file of the fuzz targets' corpus, run as the targets run it, so that what a fuzzer once
//! found stays found.

#![cfg(test)]

use std::fs;
use std::path::Path;

#[test]
fn every_file_of_the_corpus_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for (name, holds) in properties::ALL {
        let folder = corpus.join(name);
        let files = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
        let mut run = 0;
        for file in files {
            let path = file.unwrap().path();
            let input = fs::read(&path).unwrap();
            let held = std::panic::catch_unwind(|| holds(&input));
            assert!(held.is_ok(), "{}", path.display());
            run += 1;
        }
        assert!(run >= 10, "{name}: {run} files");
    }
}
