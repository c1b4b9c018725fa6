//! Who is next: a queue that is fair between people.
//!
//! People take turns; of one person's searches replies go before analyses, else in order. Analyses are held
//! back when the caller says that enough of them are running, so that a move never waits for all of them.

use std::collections::VecDeque;

/// What a search is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A move that somebody waits for: a second at most.
    Reply,
    /// Up to ten seconds.
    Analysis,
}

/// The person has, or all people together have, as many waiting as may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full;

/// Those who wait, by person `P`.
#[derive(Debug)]
pub(super) struct Queue<P, W> {
    /// In the order of their turns; nobody stands here with nothing waiting.
    people: VecDeque<Waiting<P, W>>,
    longest: usize,
    longest_of_one: usize,
}

#[derive(Debug)]
struct Waiting<P, W> {
    person: P,
    replies: VecDeque<W>,
    analyses: VecDeque<W>,
}

impl<P, W> Waiting<P, W> {
    fn len(&self) -> usize {
        self.replies.len() + self.analyses.len()
    }

    fn next(&mut self, also_analyses: bool) -> Option<(Purpose, W)> {
        if let Some(reply) = self.replies.pop_front() {
            return Some((Purpose::Reply, reply));
        }
        let analysis = if also_analyses {
            self.analyses.pop_front()
        } else {
            None
        };
        analysis.map(|analysis| (Purpose::Analysis, analysis))
    }
}

impl<P: PartialEq, W> Queue<P, W> {
    pub(super) fn new(longest: usize, longest_of_one: usize) -> Self {
        Self {
            people: VecDeque::new(),
            longest,
            longest_of_one,
        }
    }

    pub(super) fn push(&mut self, person: P, purpose: Purpose, waiter: W) -> Result<(), Full> {
        if self.len() >= self.longest {
            return Err(Full);
        }
        let place = match self.people.iter().position(|waiting| waiting.person == person) {
            Some(place) if self.people[place].len() >= self.longest_of_one => return Err(Full),
            Some(place) => place,
            None => {
                let waiting = Waiting {
                    person,
                    replies: VecDeque::new(),
                    analyses: VecDeque::new(),
                };
                self.people.push_back(waiting);
                self.people.len() - 1
            }
        };
        match purpose {
            Purpose::Reply => self.people[place].replies.push_back(waiter),
            Purpose::Analysis => self.people[place].analyses.push_back(waiter),
        }
        Ok(())
    }

    pub(super) fn len(&self) -> usize {
        self.people.iter().map(Waiting::len).sum()
    }

    /// The next one; its person then waits behind everybody else.
    pub(super) fn pop(&mut self, also_analyses: bool) -> Option<(Purpose, W)> {
        for place in 0..self.people.len() {
            let Some(next) = self.people[place].next(also_analyses) else {
                continue;
            };
            let waiting = self.people.remove(place);
            self.people.extend(waiting.filter(|waiting| waiting.len() > 0));
            return Some(next);
        }
        None
    }

    /// Forgets those who are not waiting any more.
    pub(super) fn retain(&mut self, mut still: impl FnMut(&W) -> bool) {
        for waiting in &mut self.people {
            waiting.replies.retain(&mut still);
            waiting.analyses.retain(&mut still);
        }
        self.people.retain(|waiting| waiting.len() > 0);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Purpose::{Analysis, Reply};
    use super::*;

    fn names(queue: &mut Queue<char, &'static str>, analyses: bool) -> Vec<&'static str> {
        std::iter::from_fn(|| queue.pop(analyses).map(|(_, name)| name)).collect()
    }

    fn queue(waiting: &[(char, Purpose, &'static str)]) -> Queue<char, &'static str> {
        let mut queue = Queue::new(100, 100);
        for (person, purpose, name) in waiting {
            queue.push(*person, *purpose, *name).unwrap();
        }
        queue
    }

    #[test]
    fn ten_analyses_of_one_hold_nobody_else_up() {
        let mut queue = queue(&[
            ('a', Analysis, "a1"),
            ('a', Analysis, "a2"),
            ('a', Analysis, "a3"),
            ('b', Reply, "b1"),
            ('c', Analysis, "c1"),
            ('b', Reply, "b2"),
        ]);
        assert_eq!(names(&mut queue, true), ["a1", "b1", "c1", "a2", "b2", "a3"]);
    }

    #[test]
    fn replies_pass_while_analyses_are_held_back() {
        let mut queue = queue(&[('a', Analysis, "a1"), ('a', Reply, "a2"), ('b', Reply, "b1")]);
        assert_eq!(names(&mut queue, false), ["a2", "b1"]);
        assert_eq!(names(&mut queue, true), ["a1"]);
    }

    #[test]
    fn the_queue_is_bounded_for_one_and_for_all() {
        let mut queue = Queue::new(3, 2);
        assert_eq!(queue.push('a', Reply, 1), Ok(()));
        assert_eq!(queue.push('a', Analysis, 2), Ok(()));
        assert_eq!(queue.push('a', Reply, 3), Err(Full));
        assert_eq!(queue.push('b', Reply, 4), Ok(()));
        assert_eq!(queue.push('c', Reply, 5), Err(Full));
        queue.retain(|waiter| *waiter != 2);
        assert_eq!(queue.push('c', Reply, 5), Ok(()));
    }

    proptest! {
        #[test]
        fn everybody_gets_in_and_nobody_twice_before_another(
            waiting in proptest::collection::vec((0_u8..4, any::<bool>()), 0..40),
        ) {
            let mut queue = Queue::new(100, 100);
            for (i, (person, reply)) in waiting.iter().enumerate() {
                queue.push(*person, if *reply { Reply } else { Analysis }, (*person, i)).unwrap();
            }
            let mut left: Vec<usize> = (0..4).map(|p| waiting.iter().filter(|(q, _)| *q == p).count()).collect();
            let mut seen = Vec::new();
            let mut since = [0_usize; 4];
            while let Some((_, (person, i))) = queue.pop(true) {
                seen.push(i);
                for other in 0..4_u8 {
                    let other = usize::from(other);
                    since[other] = if other == usize::from(person) { 0 } else { since[other] + 1 };
                    prop_assert!(left[other] == 0 || since[other] < 4);
                }
                left[usize::from(person)] -= 1;
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..waiting.len()).collect::<Vec<_>>());
        }
    }
}
