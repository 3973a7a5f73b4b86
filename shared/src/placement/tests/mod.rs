//! What placement decides, in sentences. No clock, no cloud, no runtime.
