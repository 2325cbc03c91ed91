//! The file itself: whether it is there, who else may write or read it, what that hides.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

#[test]
fn a_named_file_must_exist_and_the_default_one_need_not() {
    let home = tempfile::tempdir().unwrap();
    let environment = Environment::from_pairs([("OPENDIALOGUE_HOME", home.path())]);
    let load = |file: Option<&Path>| Config::load(&environment, &Overrides::default(), file);

    assert_eq!(load(None).unwrap().file, None);
    let named = home.path().join("other.toml");
    let report = load(Some(&named)).unwrap_err().to_string();
    assert!(
        report.ends_with("other.toml: there is no such file"),
        "{report}"
    );
    assert_eq!(
        std::fs::read_dir(home.path()).unwrap().count(),
        0,
        "nothing is created"
    );

    std::fs::write(&named, "[local]\nrequire_token = true").unwrap();
    let config = load(Some(&named)).unwrap();
    assert!(config.local.require_token);
    assert_eq!(config.file, Some(named.clone()));
    std::fs::write(&named, b"\xff").unwrap();
    let report = load(Some(&named)).unwrap_err().to_string();
    assert!(report.ends_with("the file is not UTF-8 text"), "{report}");
    // A pipe would keep the program waiting for whoever writes into it.
    let pipe = home.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR).unwrap();
    let report = load(Some(&pipe)).unwrap_err().to_string();
    assert!(report.ends_with("it is a pipe"), "{report}");

    std::fs::write(home.path().join("opendialogue.toml"), "[locale]").unwrap();
    assert!(
        load(None).is_err(),
        "the default file counts where there is one"
    );
}

#[test]
fn a_file_that_others_can_write_is_refused_and_one_of_a_group_taken_with_a_caution() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("opendialogue.toml");
    fs::write(&file, "").unwrap();
    let environment = Environment::from_pairs([("OPENDIALOGUE_HOME", home.path().as_os_str())]);
    let with_mode = |mode| {
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        Config::load(&environment, &Overrides::default(), None)
    };
    for mode in [0o600, 0o644] {
        assert_eq!(with_mode(mode).unwrap().cautions, [], "{mode:o}");
    }
    let caution = with_mode(0o664).unwrap().cautions.remove(0);
    assert!(caution.command.starts_with("chmod g-w "), "{caution:?}");
    assert!(caution.sentence.contains(&caution.command), "{caution:?}");
    for mode in [0o666, 0o602] {
        let refused = with_mode(mode).unwrap_err().to_string();
        let expected = format!(
            "{0}: everybody can write it, and so choose what runs here; mend it with \
             `chmod o-w {0}`",
            file.display()
        );
        assert_eq!(refused, expected);
    }
}

#[test]
fn a_file_with_a_secret_that_others_can_read_is_taken_with_a_caution() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("opendialogue.toml");
    let environment = Environment::from_pairs([("OPENDIALOGUE_HOME", home.path().as_os_str())]);
    let cautions = |text: &str, mode| {
        fs::write(&file, text).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        let config = Config::load(&environment, &Overrides::default(), None).unwrap();
        let commands = config.cautions.into_iter().map(|caution| caution.command);
        commands.collect::<Vec<_>>()
    };
    let command = format!("chmod 600 {}", file.display());
    let group = format!("chmod g-w {}", file.display());
    for (text, mode, told) in [
        ("[gateway]\ntoken = 'hunter2'\n", 0o600, vec![]),
        ("[gateway]\ntoken = 'hunter2'\n", 0o644, vec![&command]),
        ("[gateway]\ntoken = 'hunter2'\n", 0o640, vec![&command]),
        (
            "[gateway]\ntoken = 'hunter2'\n",
            0o660,
            vec![&group, &command],
        ),
        ("[gateway]\npath = '/hooks'\n", 0o644, vec![]),
    ] {
        assert_eq!(
            cautions(text, mode),
            told.into_iter().cloned().collect::<Vec<_>>(),
            "{text} {mode:o}"
        );
    }
}

#[test]
fn what_is_wrong_with_the_file_itself_hides_no_other_fault() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("opendialogue.toml");
    fs::write(&file, "[local]\nlisen = 3\n").unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    let missing = home.path().join("missing.toml");
    let environment = Environment::from_pairs([
        ("OPENDIALOGUE_HOME", home.path().as_os_str()),
        ("OPENDIALOGUE_STATUS_PORT", "http".as_ref()),
    ]);
    for (named, told) in [
        (
            None,
            &[
                "unknown key `local.lisen`",
                "everybody can write it",
                "a port from",
            ][..],
        ),
        (
            Some(missing.as_path()),
            &["there is no such file", "a port from"],
        ),
    ] {
        let report = Config::load(&environment, &Overrides::default(), named).unwrap_err();
        let complaints = report.complaints();
        assert_eq!(complaints.len(), told.len(), "{report}");
        for (complaint, told) in complaints.iter().zip(told) {
            assert!(complaint.sentence.contains(told), "{report}");
        }
    }
}

#[test]
fn policies_can_be_looked_at_although_something_else_is_wrong() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("opendialogue.toml");
    let environment = Environment::from_pairs([("OPENDIALOGUE_HOME", home.path().as_os_str())]);
    let policies = |text: &str| {
        fs::write(&file, text).unwrap();
        let examined = Examined::load(&environment, &Overrides::default(), None);
        assert!(examined.loaded.is_err(), "{text}");
        examined
            .policies
            .into_iter()
            .map(|entry| entry.name)
            .collect::<Vec<_>>()
    };
    let wrong = "[local]\nlisen = 3\n[[policy]]\nname = 'acl'\nsettings = { mode = 'shut' }\n";
    assert_eq!(policies(wrong).len(), defaults::POLICIES.len());
    let lacks_its_module = "[[policy]]\nname = 'mine'\n";
    assert!(!policies(lacks_its_module).contains(&"mine".to_owned()));
    // What a broken file leaves out is a guess.
    assert_eq!(policies("[local\n"), [""; 0]);
    // Whoever can write it does not choose what is tried out.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(policies(wrong), [""; 0]);
}
