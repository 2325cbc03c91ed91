//! `acl`: blocked beats everything, an answered hold is over, and the same message is decided the
//! same way when it comes again.

use acl::Acl;
use guest::{Policy, Trust, Verdict};

use crate::play::play;

/// Settings, then messages.
pub fn holds(input: &[u8]) {
    play::<Acl>(input, |settings, scene| {
        let said = &scene.decision.verdict;
        match said {
            Verdict::Pass | Verdict::Reject { .. } => {}
            Verdict::Hold { .. } => assert!(!scene.message.released, "held again"),
            Verdict::Rewrite(_) => panic!("it looks at who writes, never at what is written"),
        }
        if scene.message.trust == Trust::Blocked {
            assert_eq!(said.word(), "reject", "blocked");
        }
        let again = Acl::judge(settings, &scene.message, &mut scene.after.clone());
        assert_eq!(again, scene.decision);
        let before = Acl::judge(settings, &scene.message, &mut scene.before.clone());
        assert_eq!(
            before, scene.decision,
            "nothing but what is remembered decides"
        );
    });
}
