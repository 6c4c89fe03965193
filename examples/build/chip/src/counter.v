// Counts the presses of a button.
module counter (input clk, input rst, input button, output reg [7:0] presses);
  wire pressed;
  reg before;
  debounce #(.WIDTH(3)) debounce (.clk(clk), .rst(rst), .noisy(button), .clean(pressed));
  always @(posedge clk) begin
    before <= pressed;
    if (rst) presses <= 0;
    else if (pressed && !before) presses <= presses + 1;
  end
endmodule
