use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_000);

#[test]
fn what_one_call_wrote_is_seen_by_the_next_and_by_no_other_policy() {
    let mut state = PolicyState::default();
    let _ = write(&mut state, "a", &[("k", Some("1")), ("gone", None)]);
    assert_eq!(read(&state, "a", "k"), Some("1".to_owned()));
    assert_eq!(read(&state, "b", "k"), None);
    let _ = write(&mut state, "a", &[("k", None)]);
    assert_eq!(read(&state, "a", "k"), None);
}

#[test]
fn changes_are_in_the_database_once_they_are_applied_and_never_before() {
    let database = database();
    let mut state = PolicyState::load(&database).unwrap();
    let first = write(&mut state, "a", &[("k", Some("1")), ("l", Some("2"))]);
    let second = write(&mut state, "a", &[("k", None), ("l", Some("3"))]);
    let reads = |policy, key| read(&PolicyState::load(&database).unwrap(), policy, key);
    assert_eq!(reads("a", "k"), None);
    first.apply(&database).unwrap();
    assert_eq!(reads("a", "k"), Some("1".to_owned()));
    second.apply(&database).unwrap();
    assert_eq!(reads("a", "k"), None);
    assert_eq!(reads("a", "l"), Some("3".to_owned()));
}

#[test]
fn the_quota_counts_what_is_there_and_what_the_call_adds() {
    let big = "v".repeat(MAX_VALUE_LEN);
    let mut state = PolicyState::default();
    let fitting = QUOTA_BYTES / (MAX_VALUE_LEN + ENTRY_COST + 3);
    for n in 0..fitting {
        let _ = write(&mut state, "a", &[(&format!("{n:03}"), Some(&big))]);
    }
    let shelf = state.shelf("a");
    let set = |writes: &mut Writes, key: &str, value: &str| writes.set(&shelf, pair(key, value)?);
    let mut writes = Writes::default();
    assert_eq!(set(&mut writes, "999", &big), Err(WriteRefused::Quota));
    assert_eq!(
        set(&mut writes, "000", &big),
        Ok(()),
        "replacing grows nothing"
    );
    writes.delete(&shelf, b"001");
    assert_eq!(set(&mut writes, "999", &big), Ok(()), "there is room again");
    assert_eq!(set(&mut writes, "998", &big), Err(WriteRefused::Quota));
    assert_eq!(set(&mut writes, "", "v"), Err(WriteRefused::Key));
    assert_eq!(
        set(&mut writes, &"k".repeat(MAX_KEY_LEN + 1), "v"),
        Err(WriteRefused::Key)
    );
    assert_eq!(
        set(&mut writes, "k", &format!("{big}v")),
        Err(WriteRefused::Value)
    );
}

#[test]
fn what_a_call_wrote_before_it_had_to_be_counted_counts() {
    let big = "v".repeat(MAX_VALUE_LEN);
    let each = cost(b"000", big.as_bytes());
    let mut state = PolicyState::default();
    let fitting = QUOTA_BYTES / each;
    for n in 0..fitting - 2 {
        let _ = write(&mut state, "a", &[(&format!("{n:03}"), Some(&big))]);
    }
    let shelf = state.shelf("a");
    let mut writes = Writes::default();
    for (key, expect) in [
        ("000", Ok(())),
        ("900", Ok(())),
        ("001", Ok(())),
        ("901", Ok(())),
        ("902", Err(WriteRefused::Quota)),
        ("900", Ok(())),
        ("902", Err(WriteRefused::Quota)),
    ] {
        let set = writes.set(&shelf, pair(key, &big).unwrap());
        assert_eq!(set, expect, "{key}");
    }
    writes.delete(&shelf, b"900");
    assert_eq!(writes.set(&shelf, pair("902", &big).unwrap()), Ok(()));
    drop(shelf);
    state.take(&Arc::from("a"), writes, NOW, &mut StateChanges::default());
    assert_eq!(state.shelf("a").bytes(), fitting * each);
}

#[test]
fn what_is_there_counts_as_it_is_and_not_as_it_was() {
    let mut state = PolicyState::default();
    for value in ["v".repeat(MAX_VALUE_LEN).as_str(), "v", "vv"] {
        let _ = write(&mut state, "a", &[("k", Some(value))]);
        assert_eq!(state.shelf("a").bytes(), cost(b"k", value.as_bytes()));
    }
    let _ = write(&mut state, "a", &[("k", None)]);
    assert_eq!(state.shelf("a").bytes(), 0);
}

#[test]
fn one_call_writes_so_much_and_no_more_however_often_it_writes_the_same() {
    let big = "v".repeat(MAX_VALUE_LEN);
    let set = |writes: &mut Writes, value: &str| writes.set(&Shelf::default(), pair("k", value)?);
    let mut writes = Writes::default();
    let fitting = CALL_BYTES / (MAX_VALUE_LEN + ENTRY_COST + 1);
    for _ in 0..fitting {
        assert_eq!(set(&mut writes, &big), Ok(()));
    }
    assert_eq!(set(&mut writes, &big), Err(WriteRefused::Quota));
    assert_eq!(set(&mut writes, "v"), Ok(()));
}

#[test]
fn time_never_goes_back_behind_what_was_written() {
    let database = database();
    let mut state = PolicyState::default();
    let changes = write(&mut state, "a", &[("k", Some("1"))]);
    changes.apply(&database).unwrap();
    let earlier = Timestamp::from_millis(400);
    let later = Timestamp::from_millis(1_001);
    for state in [state, PolicyState::load(&database).unwrap()] {
        assert_eq!(state.shelf("a").time_not_before_last(earlier), NOW);
        assert_eq!(state.shelf("a").time_not_before_last(later), later);
        assert_eq!(state.shelf("b").time_not_before_last(earlier), earlier);
    }
}

#[test]
fn the_hosts_own_entry_is_out_of_a_modules_reach() {
    let mut state = PolicyState::default();
    let _ = write(&mut state, "a", &[("k", Some("1"))]);
    let shelf = state.shelf("a");
    let mut writes = Writes::default();
    assert_eq!(writes.get(&shelf, LAST_TIME_KEY), None);
    writes.delete(&shelf, LAST_TIME_KEY);
    assert!(writes.entries.is_empty());
}

fn database() -> Connection {
    let database = Connection::open_in_memory().unwrap();
    database.execute_batch(POLICY_STATE_SCHEMA).unwrap();
    database
}

fn write(state: &mut PolicyState, policy: &str, entries: &[(&str, Option<&str>)]) -> StateChanges {
    let mut changes = StateChanges::default();
    let shelf = state.shelf(policy);
    let mut writes = Writes::default();
    for (key, value) in entries {
        match value {
            Some(value) => writes.set(&shelf, pair(key, value).unwrap()).unwrap(),
            None => writes.delete(&shelf, key.as_bytes()),
        }
    }
    drop(shelf);
    state.take(&Arc::from(policy), writes, NOW, &mut changes);
    changes
}

fn read(state: &PolicyState, policy: &str, key: &str) -> Option<String> {
    let value = Writes::default()
        .get(&state.shelf(policy), key.as_bytes())
        .cloned();
    value.map(|value| String::from_utf8(value.to_vec()).unwrap())
}

fn pair(key: &str, value: &str) -> Result<Pair, WriteRefused> {
    Pair::new(key.as_bytes(), value.as_bytes())
}

/// What a call does to one of a few keys.
#[derive(Debug, Clone)]
enum Deed {
    Set(usize, usize),
    Delete(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let size = prop_oneof![Just(0), Just(700), Just(30_000), Just(MAX_VALUE_LEN)];
    prop_oneof![
        3 => (0..8_usize, size).prop_map(|(key, size)| Deed::Set(key, size)),
        1 => (0..8_usize).prop_map(Deed::Delete),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// However little is counted: the answers are those of one who adds everything up each time.
    #[test]
    fn the_quota_is_exact_in_any_order(
        deeds in prop::collection::vec(deed(), 1..40),
        room in 0..200_000_usize,
    ) {
        let big = "v".repeat(MAX_VALUE_LEN);
        let mut state = PolicyState::default();
        let shelf = state.shelf_mut(&Arc::from("a"));
        for key in ["0", "1", "2", "3"] {
            shelf.put(key.as_bytes(), Some(&Value::from(big.as_bytes())));
        }
        shelf.bytes = QUOTA_BYTES - room;
        let (shelf, before) = (state.shelf("a"), QUOTA_BYTES - room);
        let mut there: BTreeMap<String, usize> =
            (0..4).map(|key: usize| (key.to_string(), MAX_VALUE_LEN)).collect();
        let sum = |there: &BTreeMap<String, usize>| -> usize {
            there.values().map(|size| 1 + size + ENTRY_COST).sum()
        };
        let others = before - sum(&there);
        let (mut writes, mut written) = (Writes::default(), 0);
        for deed in deeds {
            match deed {
                Deed::Delete(key) => {
                    writes.delete(&shelf, key.to_string().as_bytes());
                    there.remove(&key.to_string());
                }
                Deed::Set(key, size) => {
                    let mut then = there.clone();
                    then.insert(key.to_string(), size);
                    let cost = 1 + size + ENTRY_COST;
                    let fits = others + sum(&then) <= QUOTA_BYTES && written + cost <= CALL_BYTES;
                    let set = writes.set(&shelf, pair(&key.to_string(), &big[..size]).unwrap());
                    prop_assert_eq!(set.is_ok(), fits);
                    if fits {
                        (there, written) = (then, written + cost);
                    }
                }
            }
        }
        drop(shelf);
        state.take(&Arc::from("a"), writes, NOW, &mut StateChanges::default());
        prop_assert_eq!(state.shelf("a").bytes(), others + sum(&there));
    }
}
