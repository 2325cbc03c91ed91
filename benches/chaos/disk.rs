//! A disk that can be full: a small file system in memory where that may be mounted, as root; and the
//! limit on the size of a file, which everybody may set for a child.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::Trouble;

/// Room for what a role keeps of a long run.
const SIZE: &str = "size=256m,mode=0700";

/// No file is written beyond this where the size is what lacks.
pub(crate) const SIZE_MAX: u64 = 8 * 1024;

/// Where a role keeps everything.
#[derive(Debug)]
pub(crate) struct Disk {
    pub(crate) home: PathBuf,
    is_mounted: bool,
}

impl Disk {
    /// A home below `base`, on a file system of its own where that is allowed.
    pub(crate) fn new(base: &Path, name: &str) -> Result<Self, Trouble> {
        let home = base.join(name);
        fs::create_dir(&home)?;
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", SIZE, "opendialogue-chaos"])
            .arg(&home)
            .stderr(Stdio::null())
            .status();
        let is_mounted = mount.is_ok_and(|status| status.success());
        Ok(Self { home, is_mounted })
    }

    /// Whether it can be filled to the last byte.
    pub(crate) fn can_be_full(&self) -> bool {
        self.is_mounted
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) -> Result<(), Trouble> {
        let mut ballast = File::create(self.ballast())?;
        let mut bytes = vec![0_u8; 1024 * 1024];
        while !bytes.is_empty() {
            match ballast.write(&bytes) {
                Ok(written) if written > 0 => {}
                _ => bytes.truncate(bytes.len() / 2),
            }
        }
        Ok(())
    }

    /// Gives the room back.
    pub(crate) fn empty(&self) -> Result<(), Trouble> {
        Ok(fs::remove_file(self.ballast())?)
    }

    fn ballast(&self) -> PathBuf {
        self.home.join("ballast")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.is_mounted {
            // Lazily, since a role that was killed this moment may still be letting go of it.
            let _ = Command::new("umount").arg("-l").arg(&self.home).status();
        }
    }
}

/// A command that runs `program` so that a write beyond the limit fails instead of killing it: what is
/// ignored at a start stays so.
pub(crate) fn unkilled_by_limit(program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap "" XFSZ; exec "$0" "$@""#, program]);
    command
}

/// Has no file of the process be written beyond so many bytes, or lets it write again.
#[cfg(target_os = "linux")]
pub(crate) fn limit(child: &Child, size_max: Option<u64>) -> Result<(), Trouble> {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let limit = Rlimit {
        current: size_max,
        maximum: None,
    };
    prlimit(Some(Pid::from_child(child)), Resource::Fsize, limit)?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn limit(_: &Child, size_max: Option<u64>) -> Result<(), Trouble> {
    if size_max.is_some() {
        println!("SKIPPED: on this system nobody sets the limit of another process");
    }
    Ok(())
}
