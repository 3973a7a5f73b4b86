//! What a failover is to do, decision by decision: no network, no waiting.
