//! The tables of `daemon.db`, as numbered migrations. Steps are only ever added.

use crate::db::Migration;
use crate::policy::POLICY_STATE_SCHEMA;

/// Every step, in order.
pub(super) const MIGRATIONS: &[Migration] = &[
    // What policies remember commits with the message it is about, so it lives in the same file.
    POLICY_STATE_SCHEMA,
    include_str!("schema/0002_boxes.sql"),
    include_str!("schema/0003_held.sql"),
    include_str!("schema/0004_author.sql"),
    include_str!("schema/0005_keeping.sql"),
    include_str!("schema/0006_dropped.sql"),
    include_str!("schema/0007_batches.sql"),
    include_str!("schema/0008_asked.sql"),
    include_str!("schema/0009_room.sql"),
    include_str!("schema/0010_by_id.sql"),
    include_str!("schema/0011_episodes.sql"),
];

#[cfg(test)]
mod tests;
