//! The interface's `state`: reads keys and values where they lie in the guest's memory, so that
//! nothing is copied but what is kept, and nothing at all of what is too long.

use wasmtime::component::{Linker, WasmList};
use wasmtime::{Result, StoreContextMut};

use super::super::super::state::{Entry, Value, WriteRefused};
use super::super::host::{Host, SetRefused};
use super::generated::opendialogue::policy::state::SetError;

const INTERFACE: &str = "opendialogue:policy/state@0.1.0";

type Bytes = WasmList<u8>;

pub(super) fn add_to_linker(linker: &mut Linker<Host>) -> Result<()> {
    let mut interface = linker.instance(INTERFACE)?;
    interface.func_wrap("get", |store, (key,)| Ok((get(&store, &key),)))?;
    interface.func_wrap("set", |store, (key, value)| Ok((set(store, &key, &value),)))?;
    interface.func_wrap("delete", |store, (key,)| {
        delete(store, &key);
        Ok(())
    })
}

fn get(store: &StoreContextMut<'_, Host>, key: &Bytes) -> Option<Value> {
    store.data().get(key.as_le_slice(store))
}

fn set(mut store: StoreContextMut<'_, Host>, key: &Bytes, value: &Bytes) -> Result<(), SetError> {
    let entry = Entry::new(key.as_le_slice(&store), value.as_le_slice(&store));
    let set = entry.map_err(SetRefused::Write);
    let set = set.and_then(|entry| store.data_mut().set(entry));
    set.map_err(|refused| match refused {
        SetRefused::Write(WriteRefused::Key) => SetError::KeyLength,
        SetRefused::Write(WriteRefused::Value) => SetError::ValueLength,
        SetRefused::Write(WriteRefused::Quota) => SetError::Quota,
        SetRefused::Unavailable => SetError::Unavailable,
    })
}

fn delete(mut store: StoreContextMut<'_, Host>, key: &Bytes) {
    let key = key.as_le_slice(&store).to_vec();
    store.data_mut().delete(&key);
}
