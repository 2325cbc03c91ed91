//! Compiled policies, made once for all homes: most tests are not about compiling.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use tokio::sync::OnceCell;

use super::alone::Home;

/// A home whose daemon has compiled the default policies.
static COMPILED: OnceCell<Home> = OnceCell::const_new();

/// Puts the code of the default policies into the folder that a daemon keeps its data in.
pub(crate) async fn up(data_dir: &Path) {
    if data_dir.exists() {
        return;
    }
    let compiled = COMPILED.get_or_init(compile).await.data_dir();
    let cache = data_dir.join("cache");
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(&cache)
        .unwrap();
    fs::copy(compiled.join("cache.key"), data_dir.join("cache.key")).unwrap();
    for entry in fs::read_dir(compiled.join("cache")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), cache.join(entry.file_name())).unwrap();
    }
}

async fn compile() -> Home {
    let home = Home::known("ws://127.0.0.1:1/connect");
    let (started, tasks) = home.try_start().await;
    started.unwrap();
    tasks.cancel();
    tasks.drain(super::relay_v1::PATIENCE).await.unwrap();
    home
}
