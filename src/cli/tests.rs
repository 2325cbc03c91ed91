use clap::CommandFactory;

use super::*;

#[test]
fn every_command_has_its_help() {
    let mut words = Words::command();
    words.build();
    insta::assert_snapshot!("help", help(&mut words));
    for name in names(&words) {
        let command = words.find_subcommand_mut(&name).unwrap();
        insta::assert_snapshot!(format!("help_{name}"), help(command));
        for verb in names(command) {
            let verb_help = help(command.find_subcommand_mut(&verb).unwrap());
            insta::assert_snapshot!(format!("help_{name}_{verb}"), verb_help);
        }
    }
}

#[test]
fn the_words_are_consistent() {
    Words::command().debug_assert();
}

#[test]
fn wrong_words_are_told_from_right_ones() {
    for (words, right) in [
        ("status", true),
        ("status --json", true),
        ("--config x.toml status", true),
        ("status --config x.toml", true),
        ("up --deliver", true),
        ("relay --listen 127.0.0.1:0 --store sqlite:x.db", true),
        ("send --to 10000002 -", true),
        ("send --to 10000002 --wait hello", true),
        ("send --to 10000002 --wait=5 hello", true),
        (
            "send --to 10000002 --conversation c-1 --reply-session main --idempotency-key k hello",
            true,
        ),
        ("send hello", false),
        ("send --to 1|2 hello", false),
        ("send --to 10000002 --wait=soon hello", false),
        ("inbox --after 3 --limit 10 --wait 60", true),
        ("inbox --limit 0", false),
        ("inbox --limit 501", false),
        ("inbox --wait 61", false),
        // A peer may choose an id that looks like a flag. Where nothing says that it is one, as
        // where a variable was empty, it is none.
        ("send --to=-x --conversation=--json hello", true),
        ("send --to -x hello", false),
        ("send --to --wait hello", false),
        ("send --to 1 --conversation -c hello", false),
        ("messages -x", false),
        ("messages --from=-y --json -- -x", true),
        ("messages --from -y m-1", false),
        ("messages -- --json", true),
        ("messages --json", false),
        ("held release --once --yes -- --yes", true),
        ("held release --from=-y --once -- -x", true),
        ("held release -x --once", false),
        ("held release --once --yes", false),
        ("held refuse -- -x", true),
        ("trust --yes -- -x known", true),
        ("block -- -x", true),
        ("unblock -x", false),
        ("unblock -- -x", true),
        ("allow -- -x", true),
        ("doctor --json", true),
        ("doctor gateway", false),
        ("held", true),
        ("held --json --limit 5", true),
        ("held release m-1 --once --yes --from 10000002", true),
        ("held release", false),
        ("held refuse m-1 --json", true),
        ("held refuse m-1 --once", false),
        ("dead", true),
        ("dead --json --limit 5", true),
        ("dead retry m-1 --from 10000002 --json", true),
        ("dead retry -- -x", true),
        ("dead retry", false),
        ("dead drop -x", false),
        ("dead drop --from=-y -- -x", true),
        ("dead drop m-1 --yes", false),
        ("trust", true),
        ("trust 10000002 known --yes", true),
        ("trust 10000002", false),
        ("trust 10000002 friend", false),
        // Somebody left the id out, or put it last.
        ("trust blocked known", false),
        ("trust known 10000002", false),
        ("block owner", false),
        ("unblock unknown", false),
        ("allow known", false),
        ("send --to known hello", true),
        ("allowlist on", true),
        ("allowlist maybe", false),
        ("block", false),
        ("messages", false),
        ("policy", false),
        ("policy list", true),
        ("policy reload --json", true),
        ("policy inspect acl --json", true),
        ("policy inspect", false),
        ("policy check", true),
        ("policy check acl --settings {}", true),
        ("policy check acl --settings 7", false),
        ("policy check --settings {}", false),
        ("policy test", true),
        ("policy test policies/acl --module builtin:acl --json", true),
        ("config", false),
        ("config show --origin", true),
        ("config schema", true),
        ("completions zsh", true),
        ("completions tcsh", false),
        ("completions", false),
        ("mcp", true),
        ("mcp --json", false),
        ("unheard-of", false),
        ("", false),
    ] {
        let all = ["opendialogue"].into_iter().chain(words.split_whitespace());
        let parsed = Words::try_parse_from(all);
        assert_eq!(parsed.is_ok(), right, "{words}");
    }
}

fn names(command: &clap::Command) -> Vec<String> {
    let names = command
        .get_subcommands()
        .map(|command| command.get_name().to_owned());
    names.filter(|name| name != "help").collect()
}

fn help(command: &mut clap::Command) -> String {
    command.render_long_help().to_string()
}
