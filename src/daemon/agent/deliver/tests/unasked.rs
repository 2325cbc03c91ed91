//! What is known of the hook before any message.

use super::*;
use crate::daemon::GatewayTrouble;

#[tokio::test]
async fn a_token_that_the_gateway_refuses_is_known_before_any_message() {
    let world = World::new().await;
    world.until_status(|status| status.ready).await;
    assert_eq!(world.gateway.probes(), 1, "once is enough");
    let ours = world.gateway.openclaw_json();
    world
        .gateway
        .set(|settings| settings.token = "another".to_owned());
    // The gateway changed and our file did not, as with a token that is kept elsewhere.
    let settings = HookSettings::parse(&ours).unwrap();
    world.hooks.send_replace(Followed {
        good: Some(Arc::new(Some(settings))),
        problem: None,
    });
    let refused = world.until_status(|status| !status.ready).await;
    assert_eq!(refused.trouble, Some(GatewayTrouble::Token));
    assert_eq!(world.gateway.asked(), [], "the agent was not run");

    world.follow_openclaw_json();
    world.until_status(|status| status.ready).await;
}
