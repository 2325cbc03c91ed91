use std::collections::BTreeSet;
use std::fs;
use std::path::Path as FilePath;

use super::*;

/// All files together, in bytes: half a second on a slow disk, nothing on loopback.
const MOST_BYTES: usize = 150_000;

/// By which a text could become markup, style or code.
const SINKS: [&str; 13] = [
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "createContextualFragment",
    "DOMParser",
    "srcdoc",
    "document.write",
    "eval(",
    "Function(",
    "javascript:",
    "style=",
    "cssText",
    "setAttribute(\"on",
];

fn folder() -> std::path::PathBuf {
    FilePath::new(env!("CARGO_MANIFEST_DIR")).join("src/daemon/api/page")
}

fn text(file: &File) -> &'static str {
    std::str::from_utf8(file.bytes).unwrap()
}

#[test]
fn every_file_of_the_folder_is_served_and_no_other() {
    let on_disk: BTreeSet<String> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".rs") && !name.ends_with("LICENSE"))
        .collect();
    let served: BTreeSet<String> = FILES.iter().map(|file| file.name.to_owned()).collect();
    assert_eq!(on_disk, served);
    assert_eq!(FILES[0].name, "index.html");
}

#[test]
fn all_of_it_is_light() {
    let sizes: Vec<(&str, usize)> = FILES.iter().map(|f| (f.name, f.bytes.len())).collect();
    let sum: usize = sizes.iter().map(|(_, size)| size).sum();
    assert!(sum < MOST_BYTES, "{sum} bytes: {sizes:?}");
}

#[test]
fn no_text_can_become_markup_style_or_code() {
    for file in &FILES {
        for sink in SINKS {
            assert!(!text(file).contains(sink), "{}: {sink}", file.name);
        }
        // A script without a source, and what the policy would refuse in any case.
        assert!(!text(file).contains("<script>"), "{}", file.name);
    }
}

#[test]
fn nothing_is_loaded_from_elsewhere() {
    for file in FILES.iter().filter(|file| file.kind != IMAGE) {
        for elsewhere in ["https://", "http://", "url(", "@import", "//cdn"] {
            // The library's banner names its home.
            let text = text(file).replace("https://github.com/leeoniya/uPlot", "");
            assert!(!text.contains(elsewhere), "{}: {elsewhere}", file.name);
        }
    }
}

#[test]
fn every_file_has_its_type_and_the_headers_that_hold_it() {
    for file in &FILES {
        let response = file.served(&HeaderMap::new());
        assert_eq!(response.status(), StatusCode::OK);
        let header = |name: HeaderName| response.headers()[name].to_str().unwrap();
        let (_, extension) = file.name.rsplit_once('.').unwrap();
        let expected = match extension {
            "html" => HTML,
            "js" => SCRIPT,
            "css" => STYLE,
            "svg" => IMAGE,
            other => panic!("{other}"),
        };
        assert_eq!(header(CONTENT_TYPE), expected, "{}", file.name);
        for (name, value) in HEADERS {
            assert_eq!(header(name), value, "{}", file.name);
        }
        let policy = header(CONTENT_SECURITY_POLICY);
        for word in ["unsafe", "*", "http:", "data:", "blob:"] {
            assert!(!policy.contains(word), "{policy}");
        }
    }
}

#[test]
fn what_a_browser_has_is_not_sent_again() {
    let file = &FILES[0];
    let first = file.served(&HeaderMap::new());
    for (tag, status) in [
        (first.headers()[ETAG].to_str().unwrap(), 304),
        ("\"another\"", 200),
        ("", 200),
    ] {
        let asked = HeaderMap::from_iter([(IF_NONE_MATCH, tag.parse().unwrap())]);
        assert_eq!(file.served(&asked).status(), status, "{tag}");
    }
}

#[test]
fn the_library_of_charts_stands_with_its_licence() {
    let licence = fs::read_to_string(folder().join("uplot-1.6.32.LICENSE")).unwrap();
    assert!(licence.contains("MIT License") && licence.contains("Copyright"));
}
