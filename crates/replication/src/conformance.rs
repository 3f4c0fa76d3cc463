//! What every [`Kv`] must do. A store runs these against itself in its tests.

use crate::kv::{Change, Kv, KvError, Pair};

fn put(key: &str, value: &str) -> Change {
    Change::Put(key.into(), value.into())
}

fn pair(key: &str, value: &str) -> Pair {
    (key.into(), value.into())
}

/// Runs the whole suite. `open` gives the store of a name, with what was written to it before; a
/// store given earlier under the same name was dropped by then.
///
/// # Errors
/// What the store answers with.
///
/// # Panics
/// When the store does not conform.
pub fn check<K: Kv>(mut open: impl FnMut(&str) -> K) -> Result<(), KvError> {
    reads_what_was_written(&mut open("reads"))?;
    lists_a_prefix_in_order(&mut open("lists"))?;
    makes_changes_in_their_order(&mut open("changes"))?;
    replaces_everything(&mut open("replaces"))?;
    survives_reopening(&mut open)
}

fn reads_what_was_written(kv: &mut impl Kv) -> Result<(), KvError> {
    assert_eq!(kv.get(b"a")?, None);
    kv.write(vec![put("a", "1"), put("b", "")])?;
    assert_eq!(kv.get(b"a")?, Some(b"1".to_vec()));
    assert_eq!(kv.get(b"b")?, Some(Vec::new()));
    kv.write(vec![Change::Delete(b"a".to_vec())])?;
    assert_eq!(kv.get(b"a")?, None);
    Ok(())
}

fn lists_a_prefix_in_order(kv: &mut impl Kv) -> Result<(), KvError> {
    kv.write(vec![put("e2", "b"), put("m", "x"), put("e1", "a"), put("f", "y")])?;
    assert_eq!(kv.pairs(b"e")?, [pair("e1", "a"), pair("e2", "b")]);
    assert_eq!(kv.pairs(b"")?.len(), 4);
    assert_eq!(kv.pairs(b"z")?, []);
    Ok(())
}

fn makes_changes_in_their_order(kv: &mut impl Kv) -> Result<(), KvError> {
    kv.write(vec![put("a", "1"), put("a", "2"), put("b", "1"), Change::Delete(b"b".to_vec())])?;
    assert_eq!(kv.pairs(b"")?, [pair("a", "2")]);
    Ok(())
}

fn replaces_everything(kv: &mut impl Kv) -> Result<(), KvError> {
    kv.write(vec![put("old", "1"), put("both", "1")])?;
    kv.replace(vec![pair("both", "2"), pair("new", "2")])?;
    assert_eq!(kv.pairs(b"")?, [pair("both", "2"), pair("new", "2")]);
    Ok(())
}

fn survives_reopening<K: Kv>(open: &mut impl FnMut(&str) -> K) -> Result<(), KvError> {
    let mut kv = open("reopened");
    kv.write(vec![put("synced", "1")])?;
    kv.sync()?;
    drop(kv);
    let mut kv = open("reopened");
    assert_eq!(kv.get(b"synced")?, Some(b"1".to_vec()));
    kv.replace(vec![pair("replaced", "2")])?;
    drop(kv);
    assert_eq!(open("reopened").pairs(b"")?, [pair("replaced", "2")]);
    Ok(())
}
