//! A bounded number of small records by name, on a fixed number of pages.
//!
//! A name's page is found by its hash, so reading a record is one call to the host and writing it
//! another. A page is written anew each time: the record that changed stands first, those that may
//! go are left out, and what no longer fits falls off the end, which is what was written longest
//! ago. So the bound holds whoever writes, and nothing is ever searched.
//!
//! ```text
//! <letter> page (2 bytes)   [ length of name (1), length of record (2), name, record ] ...
//! ```
//!
//! The hash is no secret. Whoever could choose names to crowd a page would push out records of
//! that page alone, so a record must be of the kind whose loss harms the one that crowds.

use crate::memory::Memory;

/// A table under a letter of its own.
#[derive(Debug, Clone, Copy)]
pub struct Pages {
    /// What its keys begin with.
    pub letter: u8,
    /// How many pages there are.
    pub pages: u16,
    /// How many records a page has at most.
    pub records: usize,
    /// How many bytes a page has at most.
    pub page_bytes: usize,
}

/// One page as it was read.
#[derive(Debug)]
pub struct Page<'a> {
    table: &'a Pages,
    key: [u8; 3],
    bytes: Vec<u8>,
}

impl Pages {
    /// Reads the page on which `name` would be.
    pub fn open(&self, memory: &impl Memory, name: &str) -> Page<'_> {
        let page = hash(name.as_bytes()) % u64::from(self.pages);
        let [.., high, low] = page.to_be_bytes();
        let key = [self.letter, high, low];
        Page {
            table: self,
            key,
            bytes: memory.get(&key).unwrap_or_default(),
        }
    }
}

impl Page<'_> {
    /// What is remembered under `name`.
    pub fn record(&self, name: &str) -> Option<&[u8]> {
        let mut records = records(&self.bytes);
        records.find_map(|(found, record)| (found == name.as_bytes()).then_some(record))
    }

    /// Remembers `record` under `name`, or forgets it where there is none, and leaves out the
    /// others that `may_go`; false where there is no room.
    pub fn write(
        self,
        memory: &mut impl Memory,
        name: &str,
        record: Option<&[u8]>,
        may_go: impl Fn(&[u8]) -> bool,
    ) -> bool {
        let name = name.as_bytes();
        let others = records(&self.bytes).filter(|(other, _)| *other != name);
        let others = others.filter(|(_, record)| !may_go(record));
        let first = record.map(|record| (name, record));
        let mut bytes = Vec::with_capacity(self.bytes.len() + 64);
        for (name, record) in first.into_iter().chain(others).take(self.table.records) {
            if bytes.len() + 3 + name.len() + record.len() > self.table.page_bytes {
                break;
            }
            append(&mut bytes, name, record);
        }
        if bytes.is_empty() {
            memory.delete(&self.key);
            return record.is_none();
        }
        memory.set(&self.key, &bytes)
    }
}

fn append(bytes: &mut Vec<u8>, name: &[u8], record: &[u8]) {
    let (Ok(name_len), Ok(record_len)) = (u8::try_from(name.len()), u16::try_from(record.len()))
    else {
        return;
    };
    bytes.push(name_len);
    bytes.extend_from_slice(&record_len.to_be_bytes());
    bytes.extend_from_slice(name);
    bytes.extend_from_slice(record);
}

/// The records of a page; one that is damaged ends it.
fn records(mut bytes: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || {
        let (&[name_len, high, low], rest) = bytes.split_first_chunk()?;
        let (name, rest) = rest.split_at_checked(usize::from(name_len))?;
        let record_len = usize::from(u16::from_be_bytes([high, low]));
        let (record, rest) = rest.split_at_checked(record_len)?;
        bytes = rest;
        Some((name, record))
    })
}

/// FNV-1a with a last stir, so that names that differ in their last digit are far apart.
fn hash(name: &[u8]) -> u64 {
    let fold = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    let hash = name.iter().fold(0xcbf2_9ce4_8422_2325, fold);
    let hash = (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Remembered;

    const ONE_PAGE: Pages = Pages {
        letter: b'p',
        pages: 1,
        records: 4,
        page_bytes: 100,
    };

    fn write(memory: &mut Remembered, name: &str, record: &[u8]) -> bool {
        let page = ONE_PAGE.open(memory, name);
        page.write(memory, name, Some(record), |record| record == b"idle")
    }

    fn names(memory: &Remembered) -> Vec<&'static str> {
        let all = ["a", "b", "c", "d", "e", "f"];
        let page = ONE_PAGE.open(memory, "");
        all.into_iter()
            .filter(|name| page.record(name).is_some())
            .collect()
    }

    #[test]
    fn idle_records_go_first_then_the_one_written_longest_ago() {
        let mut memory = Remembered::default();
        for (name, record) in [("a", "busy"), ("b", "idle"), ("c", "busy")] {
            assert!(write(&mut memory, name, record.as_bytes()));
        }
        assert_eq!(
            names(&memory),
            ["a", "c"],
            "the idle one went with the next write"
        );
        for name in ["d", "e", "f"] {
            assert!(write(&mut memory, name, b"busy"));
        }
        assert_eq!(names(&memory), ["c", "d", "e", "f"]);
        assert!(write(&mut memory, "c", b"busy again"));
        assert!(write(&mut memory, "a", b"busy"));
        assert_eq!(names(&memory), ["a", "c", "e", "f"]);
    }

    #[test]
    fn a_page_never_outgrows_its_bytes() {
        let mut memory = Remembered::default();
        assert!(write(&mut memory, "a", &[0; 40]));
        assert!(write(&mut memory, "b", &[1; 80]));
        assert_eq!(names(&memory), ["b"]);
        assert!(
            !write(&mut memory, "c", &[2; 120]),
            "what fits on no page is told"
        );
    }

    #[test]
    fn a_page_without_records_is_no_entry() {
        let mut memory = Remembered::default();
        assert!(write(&mut memory, "a", b"busy"));
        let page = ONE_PAGE.open(&memory, "a");
        assert!(page.write(&mut memory, "a", None, |_| false));
        assert_eq!(memory.entries(), 0);
    }

    #[test]
    fn names_are_spread_evenly() {
        let mut counts = [0_u32; 64];
        for n in 0..6_400 {
            counts[(hash(format!("{:08}", 10_000_000 + n).as_bytes()) % 64) as usize] += 1;
        }
        assert!(
            counts.iter().all(|count| (60..160).contains(count)),
            "{counts:?}"
        );
    }
}
