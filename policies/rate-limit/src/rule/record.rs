//! What is remembered of one name: four meters, as few bytes as they take.
//!
//! ```text
//! texts in, texts out, signals in, signals out; each of them
//!   0                                         nothing used
//!   at + 1, messages, bytes, deferred         else; numbers of 7 bits to a byte, the last below 128
//! ```

use guest::Direction;

use super::{Budget, Whose};
use crate::meter::Meter;
use crate::settings::Settings;

/// The buckets of one name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Record([Meter; 4]);

/// The meters in their order.
const METERS: [(Direction, Budget); 4] = [
    (Direction::Inbound, Budget::Messages),
    (Direction::Outbound, Budget::Messages),
    (Direction::Inbound, Budget::Signals),
    (Direction::Outbound, Budget::Signals),
];

impl Record {
    /// Reads a record; one that is absent or damaged has used nothing.
    pub(super) fn read(bytes: Option<&[u8]>) -> Self {
        let mut numbers = bytes.unwrap_or_default();
        let mut next = || number(&mut numbers).unwrap_or_default();
        Self(std::array::from_fn(|_| match next() {
            0 => Meter::default(),
            at => Meter {
                at: at - 1,
                messages: next(),
                bytes: next(),
                deferred: next(),
            },
        }))
    }

    /// The record as it is remembered.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        for meter in self.0 {
            if meter.is_full() {
                bytes.push(0);
                continue;
            }
            for number in [meter.at + 1, meter.messages, meter.bytes, meter.deferred] {
                append(&mut bytes, number);
            }
        }
        bytes
    }

    /// Fills every bucket up to `now`.
    pub(super) fn fill(&mut self, now: u64, settings: &Settings, whose: Whose) {
        for (meter, (direction, budget)) in self.0.iter_mut().zip(METERS) {
            let rates = whose.rates(settings.of(direction));
            meter.fill(now, budget.pair(rates));
        }
    }

    /// The meter of `direction` and `budget`.
    pub(super) fn meter(&mut self, direction: Direction, budget: Budget) -> &mut Meter {
        let [texts_in, texts_out, signals_in, signals_out] = &mut self.0;
        match (direction, budget) {
            (Direction::Inbound, Budget::Messages) => texts_in,
            (Direction::Outbound, Budget::Messages) => texts_out,
            (Direction::Inbound, Budget::Signals) => signals_in,
            (Direction::Outbound, Budget::Signals) => signals_out,
        }
    }

    /// Whether nothing is used of any bucket.
    pub(super) fn is_full(&self) -> bool {
        self.0.iter().all(Meter::is_full)
    }
}

fn append(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// How many bytes the greatest number takes.
const MAX_NUMBER_BYTES: usize = 10;

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for (place, byte) in bytes.iter().take(MAX_NUMBER_BYTES).enumerate() {
        number |= u64::from(byte & 0x7f) << (7 * place);
        if *byte < 0x80 {
            *bytes = &bytes[place + 1..];
            return Some(number);
        }
    }
    *bytes = &[];
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let meter = |at, messages, bytes, deferred| Meter {
            at,
            messages,
            bytes,
            deferred,
        };
        for (meters, len) in [
            ([Meter::default(); 4], 4),
            (
                [
                    meter(0, 1, 0, 0),
                    Meter::default(),
                    Meter::default(),
                    Meter::default(),
                ],
                7,
            ),
            (
                [
                    meter(1_795_381_200_000, 1_800_000, 0, 0),
                    meter(1_795_381_200_000, 60_000, 65_536 * 60_000, 100),
                    Meter::default(),
                    meter(u64::MAX - 1, u64::MAX, u64::MAX, u64::MAX),
                ],
                67,
            ),
        ] {
            let record = Record(meters);
            assert_eq!(Record::read(Some(&record.to_bytes())), record);
            assert_eq!(record.to_bytes().len(), len);
        }
        assert!(Record::read(None).is_full());
        let used = Record([
            meter(0, 1, 0, 0),
            Meter::default(),
            Meter::default(),
            Meter::default(),
        ]);
        for length in [1, 9, 10, 11] {
            let damaged = [vec![0xff; length], used.to_bytes()].concat();
            assert!(Record::read(Some(&damaged[..length])).is_full(), "{length}");
        }
        let damaged = [vec![0xff; 10], used.to_bytes()].concat();
        assert!(
            Record::read(Some(&damaged)).is_full(),
            "what is behind is lost too"
        );
    }
}
