//! Simple case folding with the tables of Unicode 15, which Go 1.26 has; ours are newer.

use std::sync::OnceLock;

use regex_syntax::hir::ClassUnicode;

use crate::ingress::go::unicode::{assigned, range};

/// Adds whatever folds to the same as a member.
pub(super) fn fold(class: &ClassUnicode) -> ClassUnicode {
    let mut folded = class.clone();
    folded.intersect(foldable());
    folded.case_fold_simple();
    folded.intersect(foldable());
    folded.union(class);
    folded
}

/// What folds the same in Unicode 15 as in later versions.
fn foldable() -> &'static ClassUnicode {
    static FOLDABLE: OnceLock<ClassUnicode> = OnceLock::new();
    FOLDABLE.get_or_init(|| {
        let mut foldable = assigned().clone();
        // These three pairs came with Unicode 15.1.
        for c in [
            '\u{390}', '\u{3b0}', '\u{1fd3}', '\u{1fe3}', '\u{fb05}', '\u{fb06}',
        ] {
            foldable.difference(&range(c, c));
        }
        foldable
    })
}
