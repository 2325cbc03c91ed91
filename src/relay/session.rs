//! Who calls: the proof that a connection or a REST call carries in its headers. Pure.
//!
//! The signature is verified first and the time after it, so only the agent itself learns that its
//! clock is wrong. A nonce is claimed by the caller of this module, in the store, and last.

use http::HeaderMap;

use crate::types::{AgentId, Nonce, Timestamp};
use crate::wire::frame::Features;
use crate::wire::replay::MAX_CLOCK_DISTANCE;
use crate::wire::{Form, Material, SigningKey};

/// What the four headers say.
#[derive(Debug)]
pub(super) struct Proof<'a> {
    /// Who claims to call.
    pub(super) agent: AgentId,
    /// What makes this signing unique.
    pub(super) nonce: Nonce,
    timestamp: Timestamp,
    signature: &'a str,
}

/// What a proof is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject<'a> {
    /// Opening a connection.
    Connect,
    /// A REST call, as [`crate::wire::canonical::rest_request`] writes it.
    Request(&'a str),
}

/// Why a caller is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Denied {
    /// There is no `x-agent-id`.
    NoId,
    /// Unknown agent, wrong or missing signature, used nonce: all look the same from outside.
    Unproven,
    /// The agent's own signature, but its clock is more than five minutes off.
    ClockSkew,
}

impl<'a> Proof<'a> {
    /// Reads the four headers.
    pub(super) fn read(headers: &'a HeaderMap) -> Result<Self, Denied> {
        let id = text(headers, "x-agent-id").ok_or(Denied::NoId)?;
        let field = |name| text(headers, name).ok_or(Denied::Unproven);
        let timestamp = field("x-timestamp")?
            .parse()
            .map_err(|_| Denied::Unproven)?;
        Ok(Self {
            agent: AgentId::new(id).map_err(|_| Denied::Unproven)?,
            nonce: Nonce::new(field("x-nonce")?).map_err(|_| Denied::Unproven)?,
            timestamp: Timestamp::from_millis(timestamp),
            signature: field("x-signature")?,
        })
    }

    /// Whether the proof holds for `subject` under the agent's own key, which is absent where
    /// nobody is registered under that id.
    pub(super) fn check(
        &self,
        key: Option<&SigningKey>,
        subject: Subject<'_>,
        now: Timestamp,
    ) -> Result<(), Denied> {
        let material = match subject {
            Subject::Connect => Material::of_connect(&self.agent, self.timestamp, &self.nonce),
            Subject::Request(request) => {
                Material::of_request(&self.agent, request, self.timestamp, &self.nonce)
            }
        };
        let key = key.ok_or(Denied::Unproven)?;
        if !key.verifies(&material, Form::V1, self.signature) {
            return Err(Denied::Unproven);
        }
        if self.timestamp.distance(now) > MAX_CLOCK_DISTANCE {
            return Err(Denied::ClockSkew);
        }
        Ok(())
    }

    /// Until when the nonce must be remembered.
    pub(super) fn nonce_until(&self) -> Timestamp {
        self.timestamp + MAX_CLOCK_DISTANCE
    }
}

/// The extensions that a connecting agent lists, of those that we know.
pub(super) fn announced_features(headers: &HeaderMap) -> Features {
    Features::from_names(
        text(headers, "x-opendialogue-features")
            .unwrap_or("")
            .split(','),
    )
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::types::Secret;

    const NOW: Timestamp = Timestamp::from_millis(1_795_373_464_750);
    const FIVE_MINUTES: Duration = Duration::from_secs(300);

    fn key() -> SigningKey {
        SigningKey::new(&Secret::new("f".repeat(64)))
    }

    /// Headers that are right for a connection at `NOW`, but for what `change` does to them.
    fn headers(signed_at: Timestamp, change: &[(&'static str, Option<&str>)]) -> HeaderMap {
        let agent = AgentId::new("10079218").unwrap();
        let nonce = Nonce::new("00112233445566778899aabbccddeeff").unwrap();
        let material = Material::of_connect(&agent, signed_at, &nonce);
        let mut headers = HeaderMap::new();
        headers.insert("x-agent-id", agent.as_str().parse().unwrap());
        headers.insert("x-timestamp", signed_at.to_string().parse().unwrap());
        headers.insert("x-nonce", nonce.as_str().parse().unwrap());
        let signature = key().sign(&material, Form::V1);
        headers.insert("x-signature", signature.parse().unwrap());
        for (name, value) in change {
            headers.remove(*name);
            if let Some(value) = value {
                headers.insert(*name, value.parse().unwrap());
            }
        }
        headers
    }

    #[test]
    fn only_the_agents_own_fresh_signature_is_let_in() {
        let elsewhere = "0".repeat(64);
        type Change<'a> = &'a [(&'static str, Option<&'a str>)];
        let cases: [(&str, Timestamp, Change<'_>, Result<(), Denied>); 12] = [
            ("right", NOW, &[], Ok(())),
            ("4:59 behind", NOW - FIVE_MINUTES, &[], Ok(())),
            ("4:59 ahead", NOW + FIVE_MINUTES, &[], Ok(())),
            ("no id", NOW, &[("x-agent-id", None)], Err(Denied::NoId)),
            (
                "bad id",
                NOW,
                &[("x-agent-id", Some("a|b"))],
                Err(Denied::Unproven),
            ),
            (
                "other id",
                NOW,
                &[("x-agent-id", Some("1"))],
                Err(Denied::Unproven),
            ),
            (
                "no time",
                NOW,
                &[("x-timestamp", None)],
                Err(Denied::Unproven),
            ),
            (
                "other time",
                NOW,
                &[("x-timestamp", Some("1"))],
                Err(Denied::Unproven),
            ),
            (
                "other nonce",
                NOW,
                &[("x-nonce", Some("0"))],
                Err(Denied::Unproven),
            ),
            (
                "no signature",
                NOW,
                &[("x-signature", None)],
                Err(Denied::Unproven),
            ),
            (
                "wrong",
                NOW,
                &[("x-signature", Some(&elsewhere))],
                Err(Denied::Unproven),
            ),
            (
                "skewed",
                NOW - FIVE_MINUTES - Duration::from_millis(1),
                &[],
                Err(Denied::ClockSkew),
            ),
        ];
        for (name, signed_at, change, expected) in cases {
            let headers = headers(signed_at, change);
            let outcome = Proof::read(&headers)
                .and_then(|proof| proof.check(Some(&key()), Subject::Connect, NOW));
            assert_eq!(outcome, expected, "{name}");
        }
    }

    #[test]
    fn a_proof_is_for_its_subject_and_for_a_known_agent() {
        let headers = headers(NOW, &[]);
        let proof = Proof::read(&headers).unwrap();
        let request = Subject::Request("GET /api/agent/1/block 00");
        assert_eq!(
            proof.check(Some(&key()), request, NOW),
            Err(Denied::Unproven)
        );
        assert_eq!(
            proof.check(None, Subject::Connect, NOW),
            Err(Denied::Unproven)
        );
        assert_eq!(proof.nonce_until(), NOW + FIVE_MINUTES);
    }

    #[test]
    fn features_are_read_from_a_list_with_strangers() {
        let mut headers = HeaderMap::new();
        assert_eq!(announced_features(&headers), Features::default());
        headers.insert("x-opendialogue-features", "zip, ack ,sig2".parse().unwrap());
        assert_eq!(announced_features(&headers), Features::OURS);
    }
}
