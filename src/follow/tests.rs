use std::fs;
use std::num::ParseIntError;
use std::time::Duration;

use super::*;

#[tokio::test]
async fn every_way_of_writing_a_file_is_seen() {
    let followed = Fixture::new("1").await;
    let mut newest = followed.newest.clone();
    assert_eq!(newest.borrow().good.as_deref(), Some(&1));
    let path = &followed.path;

    fs::write(path, "2").unwrap();
    followed.until(&mut newest, 2).await;

    let beside = path.with_extension("tmp");
    fs::write(&beside, "3").unwrap();
    fs::rename(&beside, path).unwrap();
    followed.until(&mut newest, 3).await;

    fs::remove_file(path).unwrap();
    let gone = until(&mut newest, |version| version.problem.is_some()).await;
    assert_eq!(gone.good.as_deref(), Some(&3), "the last good one stays");
    fs::write(path, "4").unwrap();
    followed.until(&mut newest, 4).await;
}

#[tokio::test]
async fn a_bad_version_is_told_and_leaves_the_last_good_one() {
    let followed = Fixture::new("1").await;
    let mut newest = followed.newest.clone();
    fs::write(&followed.path, "one").unwrap();
    let bad = until(&mut newest, |version| version.problem.is_some()).await;
    assert_eq!(bad.good.as_deref(), Some(&1));
    assert_eq!(
        bad.problem.as_deref(),
        Some("invalid digit found in string")
    );
    fs::write(&followed.path, "1").unwrap();
    let mended = until(&mut newest, |version| version.problem.is_none()).await;
    assert_eq!(mended.good.as_deref(), Some(&1));
}

#[tokio::test]
async fn a_file_that_is_not_there_yet_is_found_when_it_comes() {
    let home = tempfile::tempdir().unwrap();
    let tasks = Tasks::new();
    // The folder cannot be watched, since it is not there: the sweep finds the file.
    let path = home.path().join("folder/number");
    let mut newest = follow(&tasks, path.clone(), read).await;
    assert_eq!(newest.borrow().good, None);
    assert!(newest.borrow().problem.is_some());
    fs::create_dir(path.parent().unwrap()).unwrap();
    fs::write(&path, "7").unwrap();
    until(&mut newest, |version| version.good.as_deref() == Some(&7)).await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_is_followed_to_where_the_file_is() {
    let home = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("file");
    fs::write(&file, "1").unwrap();
    let link = home.path().join("link");
    std::os::unix::fs::symlink(&file, &link).unwrap();
    let tasks = Tasks::new();
    let mut newest = follow(&tasks, link, read).await;
    fs::write(&file, "22").unwrap();
    until(&mut newest, |version| version.good.as_deref() == Some(&22)).await;
}

struct Fixture {
    path: PathBuf,
    newest: watch::Receiver<Followed<u32>>,
    _home: tempfile::TempDir,
    tasks: Tasks,
}

impl Fixture {
    async fn new(content: &str) -> Self {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("number");
        fs::write(&path, content).unwrap();
        let tasks = Tasks::new();
        let newest = follow(&tasks, path.clone(), read).await;
        Self {
            path,
            newest,
            _home: home,
            tasks,
        }
    }

    async fn until(&self, newest: &mut watch::Receiver<Followed<u32>>, number: u32) {
        let version = until(newest, |version| version.good.as_deref() == Some(&number)).await;
        assert_eq!(version.problem, None);
        assert!(!self.tasks.is_broken());
    }
}

async fn until(
    newest: &mut watch::Receiver<Followed<u32>>,
    mut fits: impl FnMut(&Followed<u32>) -> bool,
) -> Followed<u32> {
    let wait = newest.wait_for(|version| fits(version));
    let version = tokio::time::timeout(Duration::from_secs(10), wait).await;
    version.expect("seen in time").unwrap().clone()
}

fn read(path: &Path) -> Result<u32, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    text.trim()
        .parse()
        .map_err(|error: ParseIntError| error.to_string())
}
