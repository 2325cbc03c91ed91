//! A map from characters to numbers, in two steps: 128 characters, one of them. The build packs it
//! as runs of characters that have the same number; it is laid out when it is first asked.

use crate::packed::Lists;

/// How many characters stand together, as a power of two.
const BLOCK_BITS: u32 = 7;
const BLOCK: usize = 1 << BLOCK_BITS;
const BLOCKS: usize = 0x11_0000 >> BLOCK_BITS;

/// The map.
pub(crate) struct Trie {
    top: Box<[u16; BLOCKS]>,
    leaves: Vec<u8>,
    values: Box<[u32; 256]>,
}

impl Trie {
    /// Lays out the next map of `lists`: the lengths of its runs, the place of each one's number,
    /// and the numbers.
    pub(crate) fn of(lists: &mut Lists) -> Self {
        let (lengths, places) = (lists.numbers(), lists.numbers());
        let mut values = Box::new([0; 256]);
        for (value, listed) in values.iter_mut().zip(lists.numbers()) {
            *value = listed;
        }
        let mut map = Self {
            top: Box::new([0; BLOCKS]),
            leaves: Vec::new(),
            values,
        };
        map.lay_out(&lengths, &places);
        map
    }

    /// What `c` is mapped to.
    #[inline]
    pub(crate) fn get(&self, c: char) -> u32 {
        let code = c as usize;
        let start = usize::from(self.top[code >> BLOCK_BITS]) << BLOCK_BITS;
        self.values[usize::from(self.leaves[start | (code & (BLOCK - 1))])]
    }

    #[inline(never)]
    fn lay_out(&mut self, lengths: &[u32], places: &[u32]) {
        let mut runs = lengths.iter().zip(places);
        // Blocks that lie within one run are one block.
        let mut uniform = [None; 256];
        let (mut left, mut value) = (0, 0);
        for top in self.top.iter_mut() {
            let next = (self.leaves.len() >> BLOCK_BITS) as u16;
            if left >= BLOCK
                && let Some(block) = uniform[usize::from(value)]
            {
                (*top, left) = (block, left - BLOCK);
                continue;
            }
            *top = next;
            if left >= BLOCK {
                uniform[usize::from(value)] = Some(next);
            }
            let mut room = BLOCK;
            while room > 0 {
                if left == 0 {
                    let (length, place) = runs.next().unwrap_or((&u32::MAX, &0));
                    (left, value) = (*length as usize, *place as u8);
                    continue;
                }
                let filled = left.min(room);
                self.leaves.resize(self.leaves.len() + filled, value);
                (left, room) = (left - filled, room - filled);
            }
        }
    }
}
