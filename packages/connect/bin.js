#!/usr/bin/env node
// Not compiled: npm links a workspace's commands when it installs, before anything is built.
import "./dist/command/main.js";
