//! A shard node: references in RocksDB, the resident gallery, scoring.
