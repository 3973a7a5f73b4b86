//! What things are: an Elastic IP, a network interface, an instance, an alarm, a CloudTrail record. Plain data in
//! our own types. The ports and the parser of events both stand on it; nothing here asks, decides or acts.

pub mod alarm;
pub mod auto_scaling;
pub mod cloudtrail;
pub mod elastic_ip;
pub mod former_target;
pub mod ids;
pub mod instance;
pub mod instance_status;
pub mod interface;
pub mod network;
pub mod pause;
pub mod tags;
pub mod zonal_shift;
