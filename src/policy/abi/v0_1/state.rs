//! The interface's `state`: reads keys and values where they lie in the guest's memory, so that one
//! that is too long is refused before it is copied.

use wasmtime::component::{Linker, WasmList};
use wasmtime::{Result, StoreContextMut};

use super::super::super::state::{MAX_KEY_LEN, Pair, Value, WriteRefused};
use super::super::host::{Host, SetRefused};
use super::generated::opendialogue::policy::state::SetError;

const INTERFACE: &str = "opendialogue:policy/state@0.1.0";

type Bytes = WasmList<u8>;

pub(super) fn add_to_linker(linker: &mut Linker<Host>) -> Result<()> {
    let mut interface = linker.instance(INTERFACE)?;
    interface.func_wrap("get", |store, (key,)| Ok((get(&store, &key),)))?;
    interface.func_wrap("set", |store, (key, value)| {
        let set = set(store, &key, &value);
        Ok((set.map_err(set_error),))
    })?;
    interface.func_wrap("delete", |store, (key,)| {
        delete(store, &key);
        Ok(())
    })
}

fn get(store: &StoreContextMut<'_, Host>, key: &Bytes) -> Option<Value> {
    store.data().get(key.as_le_slice(store))
}

fn set(
    mut store: StoreContextMut<'_, Host>,
    key: &Bytes,
    value: &Bytes,
) -> std::result::Result<(), SetRefused> {
    if !store.data().has_state() {
        return Err(SetRefused::Unavailable);
    }
    let pair = Pair::new(key.as_le_slice(&store), value.as_le_slice(&store));
    store.data_mut().set(pair.map_err(SetRefused::Write)?)
}

fn delete(mut store: StoreContextMut<'_, Host>, key: &Bytes) {
    let key = key.as_le_slice(&store);
    if key.len() <= MAX_KEY_LEN {
        let key = key.to_vec();
        store.data_mut().delete(&key);
    }
}

fn set_error(refused: SetRefused) -> SetError {
    match refused {
        SetRefused::Write(WriteRefused::Key) => SetError::KeyLength,
        SetRefused::Write(WriteRefused::Value) => SetError::ValueLength,
        SetRefused::Write(WriteRefused::Quota) => SetError::Quota,
        SetRefused::Unavailable => SetError::Unavailable,
    }
}
