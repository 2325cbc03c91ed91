use icu_normalizer::uts46::Uts46Mapper;
use proptest::prelude::*;

use super::*;

#[test]
fn every_character_is_mapped_as_the_reference_has_it() {
    let mapper = Uts46Mapper::new();
    for c in '\0'..=char::MAX {
        let one = || std::iter::once(c);
        let expected: String = mapper.map_normalize(one()).collect();
        assert_eq!(map(&mut one(), Ignored::LeftOut), expected, "{c:?}");
        let expected: String = mapper.normalize_validate(one()).collect();
        assert_eq!(map(&mut one(), Ignored::Disallowed), expected, "{c:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn any_name_is_mapped_as_the_reference_has_it(name in any::<String>()) {
        let expected: String = Uts46Mapper::new().map_normalize(name.chars()).collect();
        prop_assert_eq!(map(&mut name.chars(), Ignored::LeftOut), expected);
    }
}
