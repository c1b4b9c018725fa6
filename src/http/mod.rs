//! (to come)

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the handlers that show them come next")
)]
mod pages;
