//! One binary for everything that is tried from outside, a module for each subject.

#[cfg(test)]
mod policies;
