//! What the default policies have in common, so that each of them is a rule and its settings.
//!
//! A policy implements [`Policy`] and says [`component!`] once; the glue to the host's interface is
//! compiled for WebAssembly alone. [`settings`] reads settings, [`ring`] and [`pages`] keep what is
//! remembered within a bound, and [`cases`] runs a policy's cases natively. Judges nothing itself.

#[cfg(feature = "cases")]
pub mod cases;
pub mod decision;
#[cfg(target_arch = "wasm32")]
#[doc(hidden)]
pub mod glue;
pub mod memory;
pub mod message;
mod near;
pub mod pages;
pub mod ring;
pub mod schema;
pub mod settings;
pub mod value;

pub use decision::{Annotation, Decision, Verdict};
pub use memory::{Memory, Remembered};
pub use message::{Direction, Kind, Message, Trust};
pub use settings::Complaint;

/// A policy: a rule with its settings.
pub trait Policy {
    /// Its own name.
    const NAME: &'static str;
    /// Its own version.
    const VERSION: &'static str;
    /// The directions in which it makes sense.
    const DIRECTIONS: &'static [Direction] = &[Direction::Inbound, Direction::Outbound];
    /// Whether an entry may let messages pass when it fails.
    const MAY_PASS_ON_FAILURE: bool = false;
    /// The JSON Schema of its settings.
    const SCHEMA: &'static str;

    /// Its settings, checked.
    type Settings: Default + 'static;

    /// Reads the settings, or says everything that is wrong with them.
    fn settings(json: &str) -> Result<Self::Settings, Vec<Complaint>>;

    /// Whatever else is worth knowing about it, as key and value.
    fn notes() -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Judges one message.
    fn judge(
        settings: &Self::Settings,
        message: &Message<'_>,
        memory: &mut impl Memory,
    ) -> Decision;
}

/// Makes the crate's component out of a [`Policy`]; nothing where it is not built for WebAssembly.
#[macro_export]
macro_rules! component {
    ($policy:ident) => {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            use $crate::glue::host;

            std::thread_local! {
                static SETTINGS: std::cell::RefCell<<$policy as $crate::Policy>::Settings> =
                    std::cell::RefCell::default();
            }

            struct Component;

            impl host::Guest for Component {
                fn describe() -> host::Description {
                    $crate::glue::describe::<$policy>()
                }

                fn configure(settings_json: String) -> Result<(), Vec<host::SettingError>> {
                    SETTINGS.replace($crate::glue::configure::<$policy>(&settings_json)?);
                    Ok(())
                }

                fn evaluate(message: host::Message) -> host::Decision {
                    SETTINGS.with_borrow(|settings| {
                        $crate::glue::evaluate::<$policy>(settings, &message)
                    })
                }
            }

    host::export_policy!(Component with_types_in host);
        };
    };
}
