//! The impression labels of a shelf, each text kept once: nearly all references share a few.

use super::persons::hash;
use super::{Text, push};
use hashbrown::HashTable;

/// One label per slot. A text that no slot has any more is forgotten.
#[derive(Default)]
pub(crate) struct Labels {
    /// By slot, which of the texts.
    numbers: Vec<u32>,
    texts: Vec<Used>,
    by_text: HashTable<u32>,
    /// Places among the texts that are free.
    free: Vec<u32>,
}

/// A text and how many slots have it.
struct Used {
    text: Text,
    slots: u32,
}

const _: () = assert!(size_of::<Used>() == 32, "a label of its own takes few bytes");

impl Labels {
    /// The label of a slot.
    pub(crate) fn get(&self, slot: usize) -> &Text {
        &self.texts[self.numbers[slot] as usize].text
    }

    /// Gives the next slot a label.
    pub(crate) fn push(&mut self, text: Text) {
        let known = self.find(&text);
        let number = known.unwrap_or_else(|| self.add(text));
        self.texts[number as usize].slots += 1;
        push(&mut self.numbers, number);
    }

    /// Moves the last slot into the place of `slot`.
    pub(crate) fn swap_remove(&mut self, slot: usize) {
        let number = self.numbers.swap_remove(slot);
        let used = &mut self.texts[number as usize];
        used.slots -= 1;
        if used.slots == 0 {
            let hash = hash(used.text.as_str());
            used.text = Text::new("");
            let entry = self.by_text.find_entry(hash, |entry| *entry == number);
            entry.unwrap_or_else(|_| unreachable!("every text is in the table")).remove();
            self.free.push(number);
        }
    }

    fn find(&self, text: &Text) -> Option<u32> {
        let is_it = |number: &u32| self.texts[*number as usize].text == *text;
        self.by_text.find(hash(text.as_str()), is_it).copied()
    }

    fn add(&mut self, text: Text) -> u32 {
        let hashed = hash(text.as_str());
        let used = Used { text, slots: 0 };
        let number = if let Some(number) = self.free.pop() {
            self.texts[number as usize] = used;
            number
        } else {
            push(&mut self.texts, used);
            (self.texts.len() - 1) as u32
        };
        let texts = &self.texts;
        let rehash = |number: &u32| hash(texts[*number as usize].text.as_str());
        self.by_text.insert_unique(hashed, number, rehash);
        number
    }

    pub(crate) fn resident_bytes(&self) -> usize {
        let texts: usize = self.texts.iter().map(|used| used.text.heap_bytes()).sum();
        (self.numbers.capacity() + self.free.capacity()) * size_of::<u32>()
            + self.texts.capacity() * size_of::<Used>()
            + self.by_text.allocation_size()
            + texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_keep_their_labels_and_unused_texts_are_forgotten() {
        let (mut labels, mut model) = (Labels::default(), Vec::new());
        for step in 0..3000usize {
            if step % 5 < 3 || model.is_empty() {
                let text = format!("visit {}", step * step % 23);
                labels.push(Text::new(&text));
                model.push(text);
            } else {
                let slot = step * 31 % model.len();
                labels.swap_remove(slot);
                model.swap_remove(slot);
            }
            assert!(model.iter().enumerate().all(|(slot, text)| labels.get(slot).as_str() == text));
        }
        for _ in 0..model.len() {
            labels.swap_remove(0);
        }
        assert!(labels.texts.iter().all(|used| used.slots == 0 && used.text.as_str().is_empty()));
        assert_eq!((labels.by_text.len(), labels.free.len()), (0, labels.texts.len()));
        assert!(labels.texts.len() <= 23, "freed places are used again");
    }
}
