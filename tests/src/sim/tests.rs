//! The rules of EC2 that Holdfast meets, one test each.

mod allocation;
mod association;
mod bookkeeping;
mod events;
mod instances;
mod reads;
mod release;
mod reverse_dns;
mod stage;
mod tags;
