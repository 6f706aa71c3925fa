//! Where callers connect: unix sockets, pinned endpoints, several workers, and the end of it all.

mod deadline;
mod drain;
mod own_hosts;
mod pinned;
mod sockets;
