//! Agents: registering one, reading its card, changing one's own.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use tracing::info;

use super::signed::Signed;
use super::{Trouble, body, count_open_call};
use crate::relay::accept::Whence;
use crate::relay::node::Node;
use crate::relay::random;
use crate::relay::store::{Card, CardChange, NewAgent};
use crate::types::{AgentId, Secret};

const NAME_MAX: usize = 128;
const VERSION_MAX: usize = 64;
const DESCRIPTION_MAX: usize = 1_024;
const CAPABILITIES_MAX: usize = 32;
const CAPABILITY_MAX: usize = 64;

/// The version of an agent that names none.
const VERSION_UNNAMED: &str = "1.0.0";

/// How often a random id is tried before the relay gives up; with 90 million it is hardly ever
/// taken.
const ID_ATTEMPTS: usize = 16;

/// `POST /api/agent/register`
pub(super) async fn register(
    State(node): State<Arc<Node>>,
    Extension(whence): Extension<Whence>,
    request: Request,
) -> Result<Response, Trouble> {
    let now = node.now();
    let per_minute = node.settings.registrations_per_minute;
    if !node.registrations.take(whence.origin, per_minute, now) {
        return Err(Trouble::TooMany("too many registrations from this address"));
    }
    let sent = body::read(request.into_body()).await?;
    let fields: Fields = body::parse(&sent, FIELDS_SHAPE)?;
    fields.check()?;
    let name = fields.name.ok_or(Trouble::Malformed("`name` is missing"))?;
    let secret = random::hex::<32>();
    for _ in 0..ID_ATTEMPTS {
        let Ok(agent_id) = AgentId::new(&random::eight_digits()) else {
            break;
        };
        let card = Card {
            agent_id: agent_id.clone(),
            name: name.clone(),
            version: fields.version.clone().unwrap_or(VERSION_UNNAMED.to_owned()),
            capabilities: fields.capabilities.clone().unwrap_or_default(),
            description: fields.description.clone(),
            created_at: now,
            updated_at: now,
        };
        let new = NewAgent {
            card: card.clone(),
            secret: Secret::new(secret.as_str()),
        };
        if node.store.register(new).await? {
            info!(agent.id = %agent_id, "registered agent {agent_id}");
            let body = json!({ "agent_id": agent_id, "agent_secret": secret, "card": card });
            return Ok((StatusCode::CREATED, Json(body)).into_response());
        }
    }
    Err(Trouble::Failed)
}

/// `GET /api/agent/:id`
pub(super) async fn read(
    State(node): State<Arc<Node>>,
    Extension(whence): Extension<Whence>,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    count_open_call(&node, whence)?;
    let id = AgentId::new(&id).map_err(|_| Trouble::NotFound)?;
    let record = node.store.agent(&id).await?.ok_or(Trouble::NotFound)?;
    let online = node.bus.is_online(&id).await;
    Ok(Json(json!({ "card": record.card, "online": online })).into_response())
}

/// `PATCH /api/agent/:id/card`
pub(super) async fn change(
    State(node): State<Arc<Node>>,
    Path(id): Path<String>,
    signed: Signed,
) -> Result<Response, Trouble> {
    let id = own(&node, &id, &signed).await?;
    let fields: Fields = body::parse(&signed.body, FIELDS_SHAPE)?;
    fields.check()?;
    let change = CardChange {
        name: fields.name,
        version: fields.version,
        capabilities: fields.capabilities,
        description: fields.description,
    };
    node.store.change_card(&id, change, node.now()).await?;
    Ok(Json(json!({ "ok": true })).into_response())
}

/// The registered agent of the path, which must be the caller's own.
pub(super) async fn own(node: &Node, id: &str, signed: &Signed) -> Result<AgentId, Trouble> {
    let id = AgentId::new(id).map_err(|_| Trouble::NotFound)?;
    signed.by(&id)?;
    match node.directory.find(&id, node.now()).await? {
        Some(_) => Ok(id),
        None => Err(Trouble::NotFound),
    }
}

const FIELDS_SHAPE: &str =
    "the body is an object with `name`, `version`, `capabilities` and `description`";

/// What an agent may say of itself.
#[derive(Debug, Deserialize)]
struct Fields {
    #[serde(default, deserialize_with = "given")]
    name: Option<String>,
    #[serde(default, deserialize_with = "given")]
    version: Option<String>,
    #[serde(default, deserialize_with = "given")]
    capabilities: Option<Vec<String>>,
    #[serde(default)]
    description: Option<String>,
}

/// A field may be left out, but where it stands it is of its type.
fn given<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

impl Fields {
    fn check(&self) -> Result<(), Trouble> {
        if let Some(name) = &self.name {
            if name.trim().is_empty() {
                return Err(Trouble::Malformed("`name` is empty"));
            }
            body::bounded(name, NAME_MAX, "`name` has at most 128 characters")?;
        }
        if let Some(version) = &self.version {
            body::bounded(version, VERSION_MAX, "`version` has at most 64 characters")?;
        }
        if let Some(description) = &self.description {
            let complaint = "`description` has at most 1024 characters";
            body::bounded(description, DESCRIPTION_MAX, complaint)?;
        }
        let complaint = "`capabilities` are at most 32 texts of at most 64 characters";
        let capabilities = self.capabilities.as_deref().unwrap_or_default();
        if capabilities.len() > CAPABILITIES_MAX {
            return Err(Trouble::Malformed(complaint));
        }
        for capability in capabilities {
            body::bounded(capability, CAPABILITY_MAX, complaint)?;
        }
        Ok(())
    }
}
