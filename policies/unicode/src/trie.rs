//! A map from characters to numbers, in three levels: 512 characters, 16 of them, one.

/// The map. `L` is the kind of its leaves, `N` the number of distinct values.
pub(crate) struct Trie<L: 'static, const N: usize> {
    pub(crate) top: &'static [u8; 2176],
    pub(crate) middle: &'static [u16],
    pub(crate) leaves: &'static [L],
    pub(crate) values: &'static [u32; N],
}

impl<L: Copy + Into<usize>, const N: usize> Trie<L, N> {
    /// What `c` is mapped to.
    #[inline]
    pub(crate) fn get(&self, c: char) -> u32 {
        let code = c as usize;
        let middle = usize::from(self.top[code >> 9]) << 5 | (code >> 4 & 31);
        let leaf = usize::from(self.middle[middle]) << 4 | (code & 15);
        self.values[self.leaves[leaf].into()]
    }
}
