//! The daemon as a process in a home of its own, ended with the bench.

use std::error::Error;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::gateway::HOOK_TOKEN;
use crate::relay::ME;

/// One peer sends thousands, which these two are there to stop.
const WITHOUT_LIMITS: &str = "[[policy]]\nname = \"rate-limit\"\nmode = \"off\"\n\
                              [[policy]]\nname = \"conversation\"\nmode = \"off\"\n";

pub(crate) struct Process<'h> {
    child: Child,
    home: &'h TempDir,
}

impl<'h> Process<'h> {
    /// Starts a daemon that knows who it is, in `home`, on a relay and a gateway.
    pub(crate) fn daemon(
        home: &'h TempDir,
        relay_url: &str,
        gateway_url: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let secret = "4f1c9be27a60d83512ab77e09d46c3f85b21e6047d9a83cf10527e6bd8394ac1";
        let state = json!({ "agentId": ME, "agentSecret": secret, "relayUrl": relay_url });
        write_private(
            &home.path().join("opendialogue-state.json"),
            &state.to_string(),
        )?;
        let openclaw = json!({ "hooks": { "enabled": true, "token": HOOK_TOKEN } });
        write_private(&home.path().join("openclaw.json"), &openclaw.to_string())?;
        let config = format!(
            "[relay]\nurl = \"{relay_url}\"\n[gateway]\nbase_url = \"{gateway_url}\"\n\
             [local]\nlisten = \"127.0.0.1:0\"\n{WITHOUT_LIMITS}"
        );
        fs::write(home.path().join("opendialogue.toml"), config)?;
        let child = Command::new(env!("CARGO_BIN_EXE_opendialogue"))
            .arg("daemon")
            .env_clear()
            .env("OPENDIALOGUE_HOME", home.path())
            .env("OPENCLAW_STATE_DIR", home.path())
            .env("OPENDIALOGUE_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()?;
        Ok(Self { child, home })
    }

    /// Where its local API listens, from its lock.
    pub(crate) fn address(&self) -> Result<String, Box<dyn Error>> {
        let lock = fs::read_to_string(self.home.path().join("opendialogue/lock"))?;
        let lock: Value = serde_json::from_str(&lock)?;
        Ok(lock["address"]
            .as_str()
            .ok_or("no address in the lock")?
            .to_owned())
    }

    /// Its resident memory now, by the kernel's count.
    pub(crate) fn resident_mib(&self) -> Result<f64, Box<dyn Error>> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kib: f64 = line
            .and_then(|line| line.split_whitespace().nth(1))
            .ok_or("no VmRSS")?
            .parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Process<'_> {
    fn drop(&mut self) {
        // It is this bench's own child; where it has ended already there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn write_private(path: &Path, text: &str) -> Result<(), Box<dyn Error>> {
    fs::write(path, text)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(())
}
