import "./part-1.js";
import "./part-2.js";
import "./part-3.js";
import "./part-4.js";
import "./part-5.js";
import "./part-6.js";
import "./part-7.js";
import "./part-8.js";
