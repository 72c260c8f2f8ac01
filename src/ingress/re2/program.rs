//! Patterns as programs, and the machine that runs them: all states at once, character by
//! character, as Thompson described it, which takes time proportional to the text and to the
//! program.
//!
//! Neither compiling nor running recurses, so no pattern that Go accepts overflows the stack.

use std::collections::BTreeMap;
use std::sync::Arc;

use regex_syntax::hir::ClassUnicode;

use super::Expression;
use super::node::{ENCODED_REPLACEMENT, Look, Node};
use crate::ingress::go::unicode::contains;

/// Instructions that a program may have, of 12 bytes. Go's limit is at a fifth of this, but
/// Go measures long literals too short.
const MAX_INSTRUCTIONS: usize = 1 << 24;

/// What a byte that is not UTF-8 is read as. Go sees U+FFFD, in all but one respect.
pub(super) const BAD_BYTE: u32 = 0x11_0001;

/// A pattern that can be searched for.
#[derive(Debug, Clone)]
pub struct Program {
    pub(super) instructions: Vec<Instruction>,
    pub(super) classes: Vec<Arc<ClassUnicode>>,
    pub(super) start: u32,
}

/// What a search found, and what it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Search {
    /// Whether the pattern occurs.
    pub found: bool,
    /// Instructions looked at: for each place between two characters at most all of them once.
    pub steps: u64,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Instruction {
    Match,
    Character(u32, u32),
    Class(u32, u32),
    Look(Look, u32),
    Split(u32, u32),
}

impl Program {
    /// Compiles an expression; `None` if the program would be too large.
    #[must_use]
    pub fn compile(expression: &Expression) -> Option<Self> {
        let mut compiler = Compiler {
            instructions: vec![Instruction::Match],
            classes: Vec::new(),
            known: BTreeMap::new(),
            entry: 0,
            saved: Vec::new(),
        };
        let mut steps = vec![Step::Node(&expression.0)];
        while let Some(step) = steps.pop() {
            compiler.take(step, &mut steps);
            if compiler.instructions.len() > MAX_INSTRUCTIONS {
                return None;
            }
        }
        Some(Self {
            instructions: compiler.instructions,
            classes: compiler.classes,
            start: compiler.entry,
        })
    }

    /// How many instructions it has.
    #[must_use]
    pub fn size(&self) -> usize {
        self.instructions.len()
    }

    /// Whether the pattern occurs in a text, UTF-8 but for bad bytes.
    #[must_use]
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.search(text).found
    }

    /// Searches a text, UTF-8 but for bad bytes, for the pattern.
    #[must_use]
    pub fn search(&self, text: &[u8]) -> Search {
        let characters = decode(text);
        let mut now = Threads::new(self.instructions.len());
        let mut next = Threads::new(self.instructions.len());
        let (mut before, mut steps) = (None, 0);
        for after in characters.iter().copied().map(Some).chain([None]) {
            now.pending.push(self.start);
            let found = self.follow(&mut now, before, after);
            steps += std::mem::take(&mut now.steps);
            if found {
                return Search { found, steps };
            }
            let Some(character) = after else { break };
            for state in now.states.drain(..) {
                if let Some(target) = self.step(state, character) {
                    next.pending.push(target);
                }
            }
            std::mem::swap(&mut now, &mut next);
            now.begin();
            before = Some(character);
        }
        Search {
            found: false,
            steps,
        }
    }

    /// Follows everything pending up to instructions that read a character. Whether the end of
    /// the pattern is among it.
    pub(super) fn follow(
        &self,
        threads: &mut Threads,
        before: Option<u32>,
        after: Option<u32>,
    ) -> bool {
        while let Some(state) = threads.pending.pop() {
            if !threads.visit(state) {
                continue;
            }
            threads.steps += 1;
            match self.instructions[state as usize] {
                Instruction::Match => return true,
                Instruction::Character(..) | Instruction::Class(..) => threads.states.push(state),
                Instruction::Look(look, next) if look.holds(before, after) => {
                    threads.pending.push(next);
                }
                Instruction::Look(..) => {}
                Instruction::Split(one, other) => threads.pending.extend([one, other]),
            }
        }
        false
    }

    /// Where a state goes on a character.
    pub(super) fn step(&self, state: u32, character: u32) -> Option<u32> {
        let seen = if character == BAD_BYTE {
            0xfffd
        } else {
            character
        };
        match self.instructions[state as usize] {
            Instruction::Character(ENCODED_REPLACEMENT, next) => {
                (character == 0xfffd).then_some(next)
            }
            Instruction::Character(wanted, next) => (seen == wanted).then_some(next),
            Instruction::Class(class, next) => {
                let class = &self.classes[class as usize];
                char::from_u32(seen)
                    .filter(|c| contains(class, *c))
                    .map(|_| next)
            }
            Instruction::Match | Instruction::Look(..) | Instruction::Split(..) => None,
        }
    }
}

impl Look {
    fn holds(self, before: Option<u32>, after: Option<u32>) -> bool {
        let newline = |side: Option<u32>| side.is_none_or(|side| side == u32::from('\n'));
        let word = |side: Option<u32>| {
            let c = side.and_then(char::from_u32);
            c.is_some_and(|c| c == '_' || c.is_ascii_alphanumeric())
        };
        match self {
            Self::Start => before.is_none(),
            Self::End => after.is_none(),
            Self::LineStart => newline(before),
            Self::LineEnd => newline(after),
            Self::Boundary => word(before) != word(after),
            Self::NoBoundary => word(before) == word(after),
        }
    }
}

/// The states that are alive between two characters.
pub(super) struct Threads {
    pub(super) pending: Vec<u32>,
    pub(super) states: Vec<u32>,
    /// For each state the round in which it was last visited.
    visited: Vec<u32>,
    round: u32,
    /// States looked at since somebody asked.
    steps: u64,
}

impl Threads {
    pub(super) fn new(count: usize) -> Self {
        Self {
            pending: Vec::new(),
            states: Vec::new(),
            visited: vec![0; count],
            round: 1,
            steps: 0,
        }
    }

    pub(super) fn begin(&mut self) {
        self.round += 1;
    }

    fn visit(&mut self, state: u32) -> bool {
        std::mem::replace(&mut self.visited[state as usize], self.round) != self.round
    }
}

fn decode(text: &[u8]) -> Vec<u32> {
    let mut characters = Vec::with_capacity(text.len());
    for chunk in text.utf8_chunks() {
        characters.extend(chunk.valid().chars().map(u32::from));
        characters.extend(chunk.invalid().iter().map(|_| BAD_BYTE));
    }
    characters
}

/// Builds a program from its end to its beginning.
struct Compiler {
    instructions: Vec<Instruction>,
    classes: Vec<Arc<ClassUnicode>>,
    /// Positions of classes by address: copies of a node share theirs.
    known: BTreeMap<*const ClassUnicode, u32>,
    /// Where what follows begins.
    entry: u32,
    saved: Vec<u32>,
}

/// Work that remains, the first on top.
#[derive(Clone, Copy)]
enum Step<'n> {
    /// Put it before what follows.
    Node(&'n Node),
    /// Go on before this instead.
    Before(u32),
    /// Remember the entry.
    Save,
    /// Choose among so many remembered entries.
    Join(usize),
    /// Choose between the entry and this.
    Skip(u32),
    /// Begin something that leads back here.
    Loop,
    /// End it, entered before or after the choice to go round once more.
    Close { may_skip: bool },
}

impl Compiler {
    fn take<'n>(&mut self, step: Step<'n>, steps: &mut Vec<Step<'n>>) {
        match step {
            Step::Node(node) => self.node(node, steps),
            Step::Before(entry) => self.entry = entry,
            Step::Save => self.saved.push(self.entry),
            Step::Join(count) => {
                let entries = self.saved.split_off(self.saved.len() - count);
                self.entry = entries.first().copied().unwrap_or(self.entry);
                for entry in entries.into_iter().skip(1) {
                    self.push(Instruction::Split(self.entry, entry));
                }
            }
            Step::Skip(past) => self.push(Instruction::Split(self.entry, past)),
            Step::Loop => {
                self.push(Instruction::Split(self.entry, self.entry));
                self.saved.push(self.entry);
            }
            Step::Close { may_skip } => {
                let Some(choice) = self.saved.pop() else {
                    return;
                };
                if let Instruction::Split(again, _) = &mut self.instructions[choice as usize] {
                    *again = self.entry;
                }
                if may_skip {
                    self.entry = choice;
                }
            }
        }
    }

    fn node<'n>(&mut self, node: &'n Node, steps: &mut Vec<Step<'n>>) {
        match node {
            Node::Empty => {}
            Node::Character(c) => self.push(Instruction::Character(*c, self.entry)),
            Node::Look(look) => self.push(Instruction::Look(*look, self.entry)),
            Node::Class(class) => {
                let class = self.class(class);
                self.push(Instruction::Class(class, self.entry));
            }
            Node::Concat(nodes) => steps.extend(nodes.iter().map(Step::Node)),
            Node::Alternate(nodes) => {
                steps.push(Step::Join(nodes.len()));
                for node in nodes {
                    steps.extend([Step::Save, Step::Node(node), Step::Before(self.entry)]);
                }
            }
            Node::Repeat {
                min,
                max: None,
                node,
            } => {
                for _ in 1..*min {
                    steps.push(Step::Node(node));
                }
                let may_skip = *min == 0;
                steps.extend([Step::Close { may_skip }, Step::Node(node), Step::Loop]);
            }
            Node::Repeat {
                min,
                max: Some(max),
                node,
            } => {
                for _ in 0..*min {
                    steps.push(Step::Node(node));
                }
                for _ in *min..*max {
                    steps.extend([Step::Skip(self.entry), Step::Node(node)]);
                }
            }
        }
    }

    fn class(&mut self, class: &Arc<ClassUnicode>) -> u32 {
        let classes = &mut self.classes;
        *self.known.entry(Arc::as_ptr(class)).or_insert_with(|| {
            classes.push(Arc::clone(class));
            index(classes.len() - 1)
        })
    }

    fn push(&mut self, instruction: Instruction) {
        self.entry = index(self.instructions.len());
        self.instructions.push(instruction);
    }
}

fn index(position: usize) -> u32 {
    u32::try_from(position).expect("a program is smaller than its limit and one node")
}
