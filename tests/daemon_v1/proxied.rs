//! Through a proxy, or past it.

use crate::support::alone::Home;
use crate::support::proxy::Proxy;
use crate::support::relay_v1::RelayV1;

#[tokio::test]
async fn registration_and_session_go_through_the_proxy() {
    let mut relay = RelayV1::start().await;
    let proxy = Proxy::start(Some(relay.address)).await;
    let mut home = Home::empty("ws://relay.test/connect");
    home.set_variable(
        "HTTP_PROXY",
        &format!("http://ada:secret@{}", proxy.address),
    );
    let alone = home.start().await;
    let mut connection = relay.connection().await;
    alone.say("hello").await;
    assert_eq!(connection.message().await["content"], "hello");
    let heads = proxy.heads();
    let lines: Vec<_> = heads
        .iter()
        .map(|head| head.lines().next().unwrap())
        .collect();
    assert_eq!(
        lines,
        [
            "POST http://relay.test/api/agent/register HTTP/1.1",
            "CONNECT relay.test:80 HTTP/1.1"
        ]
    );
    for head in heads {
        let head = head.to_lowercase();
        assert!(
            head.contains("proxy-authorization: basic ywrhonnly3jlda=="),
            "{head}"
        );
    }
    alone.stop().await;
}

#[tokio::test]
async fn the_proxy_is_passed_by_for_this_machine_and_where_no_proxy_says_so() {
    let mut relay = RelayV1::start().await;
    let port = relay.address.port();
    let proxy = Proxy::start(None).await;
    // The second is this machine too, and not by a name of it that the rule knows.
    for (host, no_proxy) in [("127.0.0.1", ""), ("0.0.0.0", "example.org, 0.0.0.0")] {
        let mut home = Home::known(&format!("ws://{host}:{port}/connect"));
        home.set_variable("ALL_PROXY", &format!("http://{}", proxy.address));
        home.set_variable("NO_PROXY", no_proxy);
        let alone = home.start().await;
        let _connection = relay.connection().await;
        alone.stop().await;
    }
    assert_eq!(proxy.heads(), [""; 0]);
}

#[tokio::test]
async fn a_proxy_that_gives_no_tunnel_is_named_and_never_gone_around() {
    let relay = RelayV1::start().await;
    let proxy = Proxy::start(None).await;
    let mut home = Home::known(&format!("ws://0.0.0.0:{}/connect", relay.address.port()));
    home.set_variable(
        "HTTP_PROXY",
        &format!("http://ada:secret@{}", proxy.address),
    );
    let alone = home.start().await;
    alone.until_link("waiting").await;
    let why = alone
        .until(async |daemon| daemon.status().await.unwrap().last_error)
        .await;
    assert!(why.contains(&proxy.address.to_string()), "{why}");
    assert!(!why.contains("secret"), "{why}");
    assert_eq!(relay.tries(), []);
    alone.stop().await;
}
