//! What the shell around the machine is made of: tasks, timers and locks. `tests/shuttle` builds the same shell of others,
//! which try every order.

pub(super) use std::sync::atomic::{AtomicU64, Ordering};
pub(super) use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) use arc_swap::ArcSwapOption;
pub(super) use tokio::runtime::Handle;
pub(super) use tokio::sync::{Notify, watch};
pub(super) use tokio::task::{AbortHandle, JoinSet};
pub(super) use tokio::time::{sleep, timeout};
