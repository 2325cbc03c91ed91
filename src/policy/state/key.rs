//! A key as it is kept: most are short, and lie where they are looked for.

use std::borrow::Borrow;
use std::ops::Deref;

use smallvec::SmallVec;

/// How long a key may be that needs no memory of its own, in bytes.
const SHORT: usize = 24;

/// A key. Compares and hashes as its bytes do.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key(SmallVec<[u8; SHORT]>);

impl From<&[u8]> for Key {
    /// With no more memory than it needs.
    fn from(bytes: &[u8]) -> Self {
        Self(SmallVec::from_slice(bytes))
    }
}

impl Clone for Key {
    fn clone(&self) -> Self {
        Self::from(&**self)
    }
}

impl Deref for Key {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn a_key_takes_no_more_memory_than_it_needs_and_is_found_by_its_bytes() {
        for length in [0, 1, SHORT, SHORT + 1, 257, 512] {
            let bytes = vec![7; length];
            let key = Key::from(bytes.as_slice());
            let copy = key.clone();
            assert!(copy.0.capacity() <= length.max(SHORT), "{length}");
            assert!(key.0.capacity() <= length.max(SHORT), "{length}");
            let map = HashMap::from([(key, length)]);
            assert_eq!(map.get(bytes.as_slice()), Some(&length));
        }
    }
}
