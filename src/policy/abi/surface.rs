//! What a module wants and gives, by name, whether or not it fits the interface.

use wasmtime::Module;
use wasmtime::component::types::{ComponentExtern, ComponentItem};

use super::super::engine::Engine;
use super::{compile, functions_of, one_line, ours};

/// The outside of a module; nothing of one that cannot be compiled.
#[derive(Debug, Default)]
pub(crate) struct Surface {
    pub(crate) interface: Option<String>,
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
}

/// Looks at the component or core module in `bytes`, without running any of it.
pub(crate) fn surface(engine: &Engine, bytes: &[u8]) -> Surface {
    let Ok(component) = compile(engine, bytes) else {
        return of_core(engine, bytes).unwrap_or_default();
    };
    let ty = component.component_type();
    let wasm = engine.wasm();
    let imports: Vec<_> = ty.imports(wasm).collect();
    let version = imports.iter().find_map(|(name, _)| Some(ours(name)?.1));
    Surface {
        interface: version.map(one_line),
        imports: names(engine, imports.iter().map(|(name, item)| (*name, item))),
        exports: {
            let exports: Vec<_> = ty.exports(wasm).collect();
            names(engine, exports.iter().map(|(name, item)| (*name, item)))
        },
    }
}

fn names<'a>(
    engine: &Engine,
    items: impl Iterator<Item = (&'a str, &'a ComponentExtern<'a>)>,
) -> Vec<String> {
    let mut names = Vec::new();
    for (name, item) in items {
        // A type gives nothing and takes nothing.
        if matches!(item.ty, ComponentItem::Type(_)) {
            continue;
        }
        let before = names.len();
        let functions = functions_of(engine, item);
        names.extend(functions.map(|function| one_line(&format!("{name}#{function}"))));
        if names.len() == before {
            names.push(one_line(name));
        }
    }
    names
}

fn of_core(engine: &Engine, bytes: &[u8]) -> Option<Surface> {
    let module = Module::from_binary(engine.wasm(), bytes).ok()?;
    let imports = module.imports();
    let imports = imports.map(|import| one_line(&format!("{}#{}", import.module(), import.name())));
    Some(Surface {
        interface: None,
        imports: imports.collect(),
        exports: module
            .exports()
            .map(|export| one_line(export.name()))
            .collect(),
    })
}
