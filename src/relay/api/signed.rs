//! Who makes a REST call: the four headers of a connection, over the call itself.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};

use super::{Trouble, body, count_open_call};
use crate::relay::accept::Whence;
use crate::relay::node::Node;
use crate::relay::session::{Denied, Proof, Subject};
use crate::types::AgentId;
use crate::wire::canonical::rest_request;

/// A call whose caller is proven, or anyone's where the operator has opened the REST interface.
#[derive(Debug)]
pub(super) struct Signed {
    /// Who calls; nobody knows where the interface is open.
    pub(super) caller: Option<AgentId>,
    /// The whole body.
    pub(super) body: Vec<u8>,
}

impl Signed {
    /// Lets only `owner` do this.
    pub(super) fn by(&self, owner: &AgentId) -> Result<(), Trouble> {
        match &self.caller {
            Some(caller) if caller != owner => Err(Trouble::NotYours),
            Some(_) | None => Ok(()),
        }
    }
}

impl FromRequest<Arc<Node>> for Signed {
    type Rejection = Trouble;

    async fn from_request(request: Request, node: &Arc<Node>) -> Result<Self, Trouble> {
        let (head, sent) = request.into_parts();
        if node.settings.open_rest {
            let whence = head.extensions.get::<Whence>().ok_or(Trouble::Failed)?;
            count_open_call(node, *whence)?;
            let body = body::read(sent).await?;
            return Ok(Self { caller: None, body });
        }
        // What stands in the head alone is looked at before anything of the body is taken in.
        let now = node.now();
        let proof = Proof::read(&head.headers)?;
        let resident = node.directory.find(&proof.agent, now).await?;
        // A proof holds only for an agent that is known.
        let resident = resident.ok_or(Denied::Unproven)?;
        let body = body::read(sent).await?;
        let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
        let request = rest_request(head.method.as_str(), path, &body);
        let account = resident.account().clone();
        proof.check(Some(&account.key), Subject::Request(&request), now)?;
        if !resident.meter().take_call(now) {
            return Err(Trouble::TooMany("too many calls in a minute"));
        }
        let until = proof.nonce_until();
        if !node
            .store
            .claim_nonce(&proof.agent, &proof.nonce, until)
            .await?
        {
            return Err(Denied::Unproven.into());
        }
        Ok(Self {
            caller: Some(proof.agent),
            body,
        })
    }
}
