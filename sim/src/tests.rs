//! The rules of EC2 that Holdfast meets, one test each.

mod alarms;
mod allocation;
mod association;
mod attachments;
mod attachments_refused;
mod auto_scaling;
mod automatic_ips;
mod bed;
mod bookkeeping;
mod crowd;
mod events;
mod instance_types;
mod instances;
mod lifecycle_hooks;
mod moves_recorded;
mod moving;
mod private_ips;
mod reads;
mod release;
mod reverse_dns;
mod routes;
mod tags;
